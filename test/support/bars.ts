/**
 * The project's bars for what a GPU computes, beside transformers in float32; needs no test runner.
 */
import type { Storage } from "@sigil/spec";
import { compareEmbeddings } from "./embeddings.ts";
import { outputNames, scaledError, type GoldenCase } from "./golden-cases.ts";

/** The largest difference of an embedding's element, and the least cosine of an embedding. */
export interface Bar {
  readonly worst: number;
  readonly cosine: number;
}

/**
 * Rounding through the layers in float32; in 16 bits weights and values are off by up to 2^-11, or
 * 2^-8, of themselves.
 */
export const bars: Readonly<Record<Storage, Bar>> = {
  float32: { worst: 2e-5, cosine: 1 - 1e-6 },
  float16: { worst: 5e-3, cosine: 0.9999 },
  bfloat16: { worst: 2e-2, cosine: 0.999 },
};

export interface Distance {
  /** Of both towers' embeddings; undefined for a case that has none. */
  readonly embeddings?: Bar;
  /**
   * Of any output, over max(1, its largest magnitude). Scores of pairs are cosines times exp(4.7),
   * a loss is a sum of their logarithms: neither counts.
   */
  readonly scaled: number;
}

/**
 * How far a case's outputs are from what transformers computed; Infinity for NaN. Throws for an
 * output that is not there.
 */
export async function distanceOf(
  golden: GoldenCase,
  actual: Readonly<Record<string, ArrayLike<number>>>,
): Promise<Distance> {
  let [worst, cosine, scaled] = [0, 1, 0];
  let found = false;
  for (const name of outputNames(golden)) {
    const { shape } = golden.outputs.tensors.get(name)!;
    if (!(name in actual))
      throw new Error(
        `${golden.name}: expected an output ${name}, found ${Object.keys(actual).join(", ")}`,
      );
    const expected = await golden.outputs.readFloat32(name);
    const error = scaledError(actual[name]!, expected);
    if (Number.isNaN(error)) [worst, scaled] = [Infinity, Infinity];
    if (!/^(logits_per_|loss$)/.test(name)) scaled = Math.max(scaled, error);
    if (name !== "image_embeds" && name !== "text_embeds") continue;
    found = true;
    const embedding = compareEmbeddings(Float32Array.from(actual[name]!), expected, shape[1]!);
    [worst, cosine] = [Math.max(worst, embedding.worst), Math.min(cosine, embedding.cosine)];
  }
  return { ...(found && { embeddings: { worst, cosine } }), scaled };
}

/** A case without embeddings is held by its other outputs. */
export const isWithin = ({ embeddings, scaled }: Distance, bar: Bar): boolean =>
  embeddings
    ? embeddings.worst <= bar.worst && embeddings.cosine >= bar.cosine
    : scaled <= bar.worst;
