/**
 * The patches prologues: rows of A are gathered from the picture into scratch as float32, a block
 * of rows at a time.
 */
import type { PatchRows } from "../../kernels/problem.ts";
import { plus, times } from "./kernel.ts";
import type { FunctionWriter, Variable } from "./wat/function-writer.ts";
import { f32, f32x4, i32, i32x4, v128, type I32 } from "./wat/nodes.ts";

/** Elements from one of these to the next. */
interface Steps {
  readonly image: number;
  /** Patches along and across. */
  readonly y: number;
  readonly x: number;
}

/** `body` for each row, given where its patch begins. */
function forPatches(
  f: FunctionWriter,
  { gridHeight, gridWidth }: PatchRows,
  steps: Steps,
  elementBytes: number,
  picture: I32,
  begin: I32,
  end: I32,
  body: (corner: Variable<"i32">) => void,
): void {
  f.forRange("patchRow", begin, end, 1, (row) => {
    const image = f.let("image", i32.divU(row, i32.const(gridHeight * gridWidth)));
    const cell = f.let("cell", i32.sub(row, times(image, gridHeight * gridWidth)));
    const y = f.let("y", i32.divU(cell, i32.const(gridWidth)));
    const x = i32.sub(cell, times(y, gridWidth));
    const corner = i32.add(
      i32.add(times(image, steps.image), times(y, steps.y)),
      times(x, steps.x),
    );
    body(f.let("plane", i32.add(picture, times(corner, elementBytes))));
  });
}

export function gatherPatches(
  f: FunctionWriter,
  shape: PatchRows,
  picture: I32,
  begin: I32,
  end: I32,
  scratch: I32,
): void {
  const { channels, height, width, patch } = shape;
  const to = f.let("gathered", scratch);
  if (shape.kind === "byte_patches") return gatherBytes(f, shape, to, picture, begin, end);
  forPatches(
    f,
    shape,
    { image: channels * height * width, y: patch * width, x: patch },
    4,
    picture,
    begin,
    end,
    (plane) => {
      f.forRange("channel", i32.const(0), i32.const(channels), 1, () => {
        const from = f.let("line", plane);
        f.forRange("inside", i32.const(0), i32.const(patch), 1, () => {
          const whole = patch - (patch % 4);
          for (let c = 0; c < whole; c += 4) f.storeVector(to, v128.load(from, 4 * c), 4 * c);
          for (let c = whole; c < patch; c++) f.storeFloat(to, f32.load(from, 4 * c), 4 * c);
          f.set(to, plus(to, 4 * patch));
          f.set(from, plus(from, 4 * width));
        });
        f.set(plane, plus(plane, 4 * height * width));
      });
    },
  );
}

/** A line of a patch of bytes is contiguous: eight of them at a time, then one by one. */
function gatherBytes(
  f: FunctionWriter,
  shape: PatchRows,
  to: Variable<"i32">,
  picture: I32,
  begin: I32,
  end: I32,
): void {
  const { channels, height, width, patch } = shape;
  const line = patch * channels;
  const whole = line - (line % 8);
  forPatches(
    f,
    shape,
    { image: height * width * channels, y: patch * width * channels, x: line },
    1,
    picture,
    begin,
    end,
    (from) => {
      f.forRange("inside", i32.const(0), i32.const(patch), 1, () => {
        for (let c = 0; c < whole; c += 8) {
          const bytes = f.let("bytes8", v128.load8x8(from, c));
          f.storeVector(to, f32x4.convert(i32x4.extendLow(bytes)), 4 * c);
          f.storeVector(to, f32x4.convert(i32x4.extendHigh(bytes)), 4 * c + 16);
        }
        for (let c = whole; c < line; c++) f.storeFloat(to, f32.loadByte(from, c), 4 * c);
        f.set(to, plus(to, 4 * line));
        f.set(from, plus(from, width * channels));
      });
    },
  );
}
