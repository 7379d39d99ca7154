/** Where attention finds the channels of a head: shared by its two skeletons. */
import { attentionOperands as byName } from "../../kernels/operands.ts";
import type { AttentionProblem } from "../../kernels/problem.ts";
import type { EmitContext } from "./emitted.ts";
import { declareOperands, type Operand, type Terms } from "./operands.ts";
import type { KernelWriter } from "./wgsl/kernel-writer.ts";
import { u32, type U32 } from "./wgsl/nodes.ts";

export interface AttentionOperands {
  readonly q: Operand;
  readonly k: Operand;
  readonly v: Operand;
  readonly mask: Operand | undefined;
  readonly out: Operand;
  readonly probabilities: Operand | undefined;
  /** Vectors of a head, and how many of the last one's elements exist. */
  readonly quads: number;
  valid(quad: number): number;
  /** Elements 4 * quad onwards of a head in a row. */
  place(row: U32, stride: number, head: U32, quad: U32): Terms;
}

export function attentionOperands(
  f: KernelWriter,
  problem: AttentionProblem,
  { views }: EmitContext,
): AttentionOperands {
  const { headSize, heads, queryStride, keyStride, valueStride, keys } = problem;
  const operands = declareOperands(f, views, [
    { name: "q", steps: [queryStride, headSize] },
    { name: "k", steps: [keyStride, headSize] },
    { name: "v", steps: [valueStride, headSize] },
    ...(problem.mask ? [{ name: "mask", steps: [1] }] : []),
    { name: "out", steps: [headSize * heads, headSize] },
    ...(problem.probabilities ? [{ name: "probabilities", steps: [1, keys] }] : []),
  ]);
  const quads = Math.ceil(headSize / 4);
  return {
    ...byName(problem, operands),
    quads,
    valid: (quad) => Math.min(4, headSize - 4 * quad),
    place: (row, stride, head, quad) => [
      [row, stride],
      [head, headSize],
      [quad, 4],
    ],
  };
}

/**
 * Runs `body` for each group of four channels of a head, by its index. The last group is separate
 * if it has fewer. `count` may be given as a node instead of a constant, so that drivers do not
 * know the number of groups.
 */
export function forQuads(
  f: KernelWriter,
  { quads, valid }: AttentionOperands,
  body: (quad: U32, valid: number) => void,
  count: U32 = u32.const(quads),
): void {
  if (valid(quads - 1) === 4)
    return f.forRange("quad", u32.const(0), count, 1, (quad) => body(quad, 4));
  f.forRange("quad", u32.const(0), u32.sub(count, u32.const(1)), 1, (quad) => body(quad, 4));
  body(u32.const(quads - 1), valid(quads - 1));
}
