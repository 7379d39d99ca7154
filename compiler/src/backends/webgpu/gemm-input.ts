/**
 * Where the rows of a Gemm's A come from: a matrix, or patches gathered from a picture of float32
 * or of bytes.
 */
import type { GemmProblem, PatchRows } from "../../kernels/problem.ts";
import type { Operand, Terms } from "./operands.ts";
import type { KernelWriter } from "./wgsl/kernel-writer.ts";
import { float, u32, vec4, type F32, type U32, type Vec4 } from "./wgsl/nodes.ts";

export interface GemmInput {
  /** Constants that every address is a multiple of. */
  readonly steps: readonly number[];
  /** Words of four bytes, which only `loadBytes` of the operand reads. */
  readonly bytes?: boolean;
  /** Names what is common to a row. */
  row(f: KernelWriter, row: U32): Terms;
  /** Elements 4 * quad onwards of a row; of the last quad only `valid` exist. */
  load4(f: KernelWriter, a: Operand, row: Terms, quad: U32, valid: number): Vec4;
}

export function gemmInput({ a: shape, depth }: GemmProblem): GemmInput {
  if (shape.kind === "rows")
    return {
      steps: [shape.stride, depth],
      row: (_, row) => [[row, shape.stride]],
      load4: (f, a, row, quad, valid) => a.load4(f, [...row, [quad, 4]], valid),
    };
  if (shape.kind === "byte_patches") return bytesInput(shape);
  const { channels, height, width, patch, gridHeight, gridWidth } = shape;
  const inside = (f: KernelWriter, k: U32): Terms => {
    const channel = f.let("channel", u32.div(k, u32.const(patch * patch)));
    const rest = f.let("rest", u32.rem(k, u32.const(patch * patch)));
    return [
      [channel, height * width],
      [u32.div(rest, u32.const(patch)), width],
      [u32.rem(rest, u32.const(patch)), 1],
    ];
  };
  // A quad stays in one line of a patch if four divides the patch.
  const whole = patch % 4 === 0 && width % 4 === 0;
  return {
    steps: [channels * height * width, patch * width, patch, height * width, width],
    row: (f, row) => {
      const image = f.let("image", u32.div(row, u32.const(gridHeight * gridWidth)));
      const cell = f.let("cell", u32.rem(row, u32.const(gridHeight * gridWidth)));
      return [
        [image, channels * height * width],
        [u32.div(cell, u32.const(gridWidth)), patch * width],
        [u32.rem(cell, u32.const(gridWidth)), patch],
      ];
    },
    load4: (f, a, row, quad, valid) => {
      if (whole && a.vectors) {
        const k = f.let("k", u32.mul(quad, u32.const(4)));
        const [channel, line] = inside(f, k) as [Terms[0], Terms[0]];
        const quads = u32.div(u32.rem(k, u32.const(patch)), u32.const(4));
        return a.load4(f, [...row, channel, line, [quads, 4]]);
      }
      const lane = (i: number): F32 =>
        i < valid
          ? a.load(f, [
              ...row,
              ...inside(f, f.let("k", u32.add(u32.mul(quad, u32.const(4)), u32.const(i)))),
            ])
          : float.const("f32", 0);
      return vec4.of(lane(0), lane(1), lane(2), lane(3));
    },
  };
}

/**
 * Lines of a patch are contiguous bytes, so four of a row are one word if four divides all that
 * separates them.
 */
function bytesInput({
  channels,
  height,
  width,
  patch,
  gridHeight,
  gridWidth,
}: PatchRows): GemmInput {
  const line = patch * channels;
  const aligned = [line, width * channels].every((step) => step % 4 === 0);
  const inside = (k: U32): Terms => [
    [u32.div(k, u32.const(line)), width * channels],
    [u32.rem(k, u32.const(line)), 1],
  ];
  return {
    steps: [1],
    bytes: true,
    row: (f, row) => {
      const image = f.let("image", u32.div(row, u32.const(gridHeight * gridWidth)));
      const cell = f.let("cell", u32.rem(row, u32.const(gridHeight * gridWidth)));
      return [
        [image, height * width * channels],
        [u32.div(cell, u32.const(gridWidth)), patch * width * channels],
        [u32.rem(cell, u32.const(gridWidth)), line],
      ];
    },
    load4: (f, a, row, quad, valid) => {
      const k = (i: number): U32 => f.let("k", u32.add(u32.mul(quad, u32.const(4)), u32.const(i)));
      if (aligned) return a.loadBytes4(f, [...row, ...inside(k(0))]);
      const lane = (i: number): F32 =>
        i < valid ? a.loadByte(f, [...row, ...inside(k(i))]) : float.const("f32", 0);
      return vec4.of(lane(0), lane(1), lane(2), lane(3));
    },
  };
}
