/** Fusion: the patches of a picture, of bytes too, become how a product reads its first operand. */
import type { Storage, WeightPart } from "@sigil/spec";
import { inputOf, type Node, type Value, type WeightReference } from "../ir/graph.ts";
import type { LoweredOperand } from "../kernels/lowered.ts";
import type { GemmProblem } from "../kernels/problem.ts";
import type { EpilogueStart } from "./epilogue.ts";
import { foldPixels } from "./fold-pixels.ts";
import type { Lowering } from "./lowering.ts";
import { matrix, place } from "./operands.ts";

export interface PatchPrologue {
  readonly a: GemmProblem["a"];
  /** The picture. */
  readonly source: LoweredOperand;
  /**
   * The product's weights, how they are stored, and the start of its epilogue, where normalising
   * bytes changes them.
   */
  readonly weights?: LoweredOperand;
  readonly storage?: Storage;
  readonly start?: EpilogueStart;
}

/** How the product of `x` and these weights reads a picture, where `x` is its patches. */
export function patchPrologue(
  lowering: Lowering,
  x: Value,
  weights: readonly WeightReference[],
): PatchPrologue | undefined {
  const patches = lowering.producerOf(x);
  if (patches?.op !== "patches") return undefined;
  const patch = Number(patches.attributes.patch);
  const picture = inputOf(patches);
  const normalise = lowering.producerOf(picture);
  const [, channels, height, width] = picture.shape as [unknown, number, number, number];
  const a = {
    channels,
    height,
    width,
    patch,
    gridHeight: Math.floor(height / patch),
    gridWidth: Math.floor(width / patch),
  };
  return normalise?.op === "normalize_pixels"
    ? {
        a: { kind: "byte_patches", ...a },
        source: place(lowering, inputOf(normalise)),
        ...normalised(lowering, normalise, patch ** 2, weights),
      }
    : { a: { kind: "patches", ...a }, source: place(lowering, picture) };
}

function normalised(
  lowering: Lowering,
  normalise: Node,
  pixels: number,
  weights: readonly WeightReference[],
): Required<Pick<PatchPrologue, "weights" | "storage" | "start">> {
  const storage = lowering.floatsOf(weights[0]!);
  const fold = foldPixels(normalise, pixels, storage);
  const whole = matrix(...weights);
  const folded = (how: NonNullable<WeightPart["fold"]>): LoweredOperand => ({
    ...whole,
    columns: how.shifts ? 1 : whole.columns,
    parts: whole.parts.map((part) => ({ ...part, fold: how })),
  });
  return {
    weights: folded(fold.weights),
    storage,
    start: {
      expression: fold.expression,
      operands: [{ name: "shift", index: "column" }],
      sources: [folded(fold.sums)],
    },
  };
}
