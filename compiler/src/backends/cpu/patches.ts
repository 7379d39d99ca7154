/** The patches prologue: rows of A are gathered from the picture into scratch, a block of rows at a time. */
import type { GemmProblem } from "../../kernels/problem.ts";
import { plus, times } from "./kernel.ts";
import type { FunctionWriter } from "./wat/function-writer.ts";
import { f32, i32, v128, type I32 } from "./wat/nodes.ts";

export function gatherPatches(f: FunctionWriter, shape: Extract<GemmProblem["a"], { kind: "patches" }>, picture: I32, begin: I32, end: I32, scratch: I32): void {
  const { channels, height, width, patch, gridHeight, gridWidth } = shape;
  const to = f.let("gathered", scratch);
  f.forRange("patchRow", begin, end, 1, (row) => {
    const image = f.let("image", i32.divU(row, i32.const(gridHeight * gridWidth)));
    const cell = f.let("cell", i32.sub(row, times(image, gridHeight * gridWidth)));
    const y = f.let("y", i32.divU(cell, i32.const(gridWidth)));
    const x = i32.sub(cell, times(y, gridWidth));
    const corner = i32.add(i32.add(times(image, channels * height * width), times(y, patch * width)), times(x, patch));
    const plane = f.let("plane", i32.add(picture, times(corner, 4)));
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
  });
}
