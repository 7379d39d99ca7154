/**
 * Bytes go through the patch embedding as they are, and normalising them becomes part of its
 * weights and its epilogue. With V = W * std0 / std:
 * sum of W ((x rescale - mean) / std) = rescale / std0 * (sum of V x) + (sum of V * -mean / std0).
 */
import type { Storage, WeightPart } from "@sigil/spec";
import { accumulator, binary, constant, operand, type Expression } from "../expr/expression.ts";
import type { Node } from "../ir/graph.ts";
import { perChannel } from "../ops/normalize-pixels.ts";

type Fold = NonNullable<WeightPart["fold"]>;

export interface FoldedPixels {
  /** Of W, which becomes V with the channels last. */
  readonly weights: Fold;
  /** Of W, which becomes the sums that are added. */
  readonly sums: Fold & { readonly shifts: readonly number[] };
  /** The accumulator's value as the linear of normalised pixels has it; `shift` names the sums. */
  readonly expression: Expression;
}

/**
 * Folds the normalisation of bytes into a patch embedding. `pixels` is the number of pixels of a
 * patch.
 */
export function foldPixels(
  { attributes, output }: Node,
  pixels: number,
  storage: Storage,
): FoldedPixels {
  const channels = output.shape[1] as number;
  const [means, deviations] = [
    perChannel(attributes.mean, channels),
    perChannel(attributes.std, channels),
  ];
  const [first] = deviations as [number];
  const weights: Fold = {
    pixels,
    scales: deviations.map((deviation) => first / deviation),
    storage,
  };
  return {
    weights,
    sums: { ...weights, shifts: means.map((mean) => -mean / first) },
    expression: binary(
      "add",
      binary("mul", accumulator, constant(Number(attributes.rescale) / first)),
      operand("shift"),
    ),
  };
}
