/**
 * Model cases of test/fixtures/models: config and inputs made by their rules, outputs as
 * transformers computed them.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bufferSource, openSafetensors, uniform, type WeightSource } from "@sigil/runtime";
import { parseSpec, type ModelSpec } from "@sigil/spec";

/** The folder test/fixtures of the repository, above this file or what it was built to. */
export const fixtures = ((): string => {
  for (let folder = import.meta.dirname; ; folder = dirname(folder))
    if (existsSync(join(folder, "test", "fixtures"))) return join(folder, "test", "fixtures");
})();

/** Cases small enough for every run. */
export const tinyCases = [
  "tiny",
  "tiny-awkward",
  "tiny-grayscale",
  "tiny-loss",
  "tiny-mask",
  "tiny-interpolate",
  "tiny-headless",
  "tiny-classify-single",
  "tiny-classify-multi",
  "tiny-classify-regression",
] as const;
/** Cases of published sizes, up to 0.88 billion parameters. */
export const realCases = [
  "base-patch16-224",
  "base-patch16-224-interpolate-384x256",
  "base-patch16-512",
  "large-patch16-256",
  "so400m-patch14-384",
] as const;

export interface GoldenCase {
  readonly name: string;
  readonly kind: "joint" | "classification";
  readonly seed: number;
  readonly batch: number;
  readonly textBatch: number;
  readonly spec: ModelSpec;
  readonly pixels: { readonly data: Float32Array; readonly shape: readonly number[] };
  readonly inputIds: readonly (readonly number[])[];
  readonly attentionMask?: readonly (readonly number[])[];
  readonly positionIds?: readonly (readonly number[])[];
  readonly labels?: readonly number[] | readonly (readonly number[])[];
  /** The towers alone: the joint model of this config does not run. */
  readonly towersOnly: boolean;
  readonly outputs: WeightSource;
}

/** `overrides` are keys of the Sigil spec. */
export async function goldenCase(
  name: string,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<GoldenCase> {
  const folder = join(fixtures, "models", name);
  const json = JSON.parse(readFileSync(join(folder, "case.json"), "utf8"));
  const classification = json.kind === "classification";
  const config = {
    model_type: "siglip",
    ...json.config,
    ...(classification ? { architectures: ["SiglipForImageClassification"] } : {}),
  };
  const options = json.options ?? {};
  const [height, width] = json.image ?? [];
  const document = {
    name,
    config,
    architecture: classification ? "siglip-image-classification" : "siglip",
    ...(json.text_length && { text_length: json.text_length }),
    ...(height && { image_size: { height, width } }),
    ...(options.states && { hidden_states: true, attentions: true }),
    ...(options.interpolate_pos_encoding && { interpolate_pos_encoding: true }),
    ...overrides,
  };
  const spec = parseSpec(JSON.stringify(document), { file: "case.json" });
  const text = spec.config.text_config;
  const vision = spec.config.vision_config;
  const textBatch = json.text_batch ?? json.batch;
  const length = json.text_length ?? text?.max_position_embeddings ?? 1;
  const size = vision?.image_size ?? 1;
  const shape = [json.batch, vision?.num_channels ?? 1, height ?? size, width ?? size];
  const data = uniform(
    "input.pixel_values",
    shape.reduce((a, b) => a * b, 1),
    json.seed,
  );
  const words = text?.vocab_size ?? 1;
  const ids = Array.from(uniform("input.input_ids", textBatch * length, json.seed), (u) =>
    Math.min(Math.floor(Math.fround(Math.fround(Math.fround(u + 1) / 2) * words)), words - 1),
  );
  return {
    name,
    kind: json.kind,
    seed: json.seed,
    batch: json.batch,
    textBatch,
    spec,
    pixels: { data, shape },
    inputIds: Array.from({ length: textBatch }, (_, row) =>
      ids.slice(row * length, (row + 1) * length),
    ),
    ...(options.attention_mask && {
      attentionMask: Array.from({ length: textBatch }, (_, r) =>
        Array.from({ length }, (_, i) => (i < length - (r % length) ? 1 : 0)),
      ),
    }),
    ...(options.position_ids && {
      positionIds: [Array.from({ length }, (_, i) => length - 1 - i)],
    }),
    ...(options.labels && { labels: options.labels }),
    towersOnly: options.towers_only === true,
    outputs: await openSafetensors(
      bufferSource(
        readFileSync(join(folder, "outputs.safetensors")),
        `${name}/outputs.safetensors`,
      ),
    ),
  };
}

/**
 * Largest difference, over max(1, the largest expected magnitude), as the goldens' tolerances are
 * stated.
 */
export function scaledError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0;
  let largest = 1;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(difference)) return NaN;
    worst = Math.max(worst, difference);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return worst / largest;
}
