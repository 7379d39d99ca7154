/**
 * Model cases of test/fixtures/models: config and inputs made by their rules, outputs as
 * transformers computed them.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  bufferSource,
  openSafetensors,
  uniform,
  type Siglip2VisionInputs,
  type WarningCode,
  type WeightSource,
} from "@sigil/runtime/internal";
import { parseSpec, type ModelSpec } from "@sigil/spec";

/** The folder test/fixtures of the repository, above this file or what it was built to. */
export const fixtures = ((): string => {
  for (let folder = import.meta.dirname; ; folder = dirname(folder))
    if (existsSync(join(folder, "test", "fixtures"))) return join(folder, "test", "fixtures");
})();

/** Codes of the warnings that a case's inputs cause. */
export const warningsOf = (name: string): readonly WarningCode[] =>
  name === "tiny-mask" ? ["short-text"] : [];

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
/** NaFlex, small enough for every run; the three inputs are made by rules. */
export const naflexCases = [
  "naflex-tiny",
  "naflex-awkward",
  "naflex-classify",
  "naflex-headless",
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
  readonly kind: "joint" | "classification" | "vision";
  readonly seed: number;
  readonly batch: number;
  readonly textBatch: number;
  readonly spec: ModelSpec;
  readonly pixels: { readonly data: Float32Array; readonly shape: readonly number[] };
  /** What a NaFlex model takes of pictures; `pixels` are its `pixel_values`. */
  readonly naflex?: Siglip2VisionInputs;
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
  const naflex = json.kind.startsWith("naflex");
  const kind = naflex ? json.kind.slice("naflex-".length) || "joint" : json.kind;
  const classification = kind === "classification";
  const family = naflex ? "siglip2" : "siglip";
  const config = { model_type: family, ...json.config };
  const options = json.options ?? {
    states: json.states,
    labels: json.labels,
  };
  const [height, width] = json.image ?? [];
  const document = {
    name,
    config,
    architecture:
      kind === "joint" ? family : `${family}-${classification ? "image-classification" : kind}`,
    ...(naflex && { max_num_patches: json.max_num_patches }),
    ...(json.text_length && { text_length: json.text_length }),
    ...(height && { image_size: { height, width } }),
    ...(options.states && { hidden_states: true, attentions: true }),
    ...(options.interpolate_pos_encoding && { interpolate_pos_encoding: true }),
    ...overrides,
  };
  const spec = parseSpec(JSON.stringify(document), { file: "case.json" });
  const text = spec.config.text_config;
  const vision = spec.config.vision_config;
  const batch = json.batch ?? json.spatial_shapes.length;
  const textBatch = json.text_batch ?? batch;
  const length = json.text_length ?? text?.max_position_embeddings ?? 1;
  const size = vision?.image_size ?? 1;
  const shape = naflex
    ? [batch, json.max_num_patches, vision!.patch_size ** 2 * vision!.num_channels]
    : [batch, vision?.num_channels ?? 1, height ?? size, width ?? size];
  const data = uniform(
    "input.pixel_values",
    shape.reduce((a, b) => a * b, 1),
    json.seed,
  );
  const pixels = { data, shape };
  const words = text?.vocab_size ?? 1;
  const ids = Array.from(uniform("input.input_ids", textBatch * length, json.seed), (u) =>
    Math.min(Math.floor(Math.fround(Math.fround(Math.fround(u + 1) / 2) * words)), words - 1),
  );
  return {
    name,
    kind,
    seed: json.seed,
    batch,
    textBatch,
    spec,
    pixels,
    ...(naflex && { naflex: naflexInputs(pixels, json.spatial_shapes) }),
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

/** Zeros and the mask after each picture's last patch. */
function naflexInputs(
  pixelValues: GoldenCase["pixels"],
  grids: readonly (readonly [number, number])[],
): Siglip2VisionInputs {
  const [batch, most, width] = pixelValues.shape as [number, number, number];
  const mask = new Int32Array(batch * most);
  grids.forEach(([rows, columns], b) => {
    mask.fill(1, b * most, b * most + rows * columns);
    pixelValues.data.fill(0, (b * most + rows * columns) * width, (b + 1) * most * width);
  });
  return {
    pixelValues,
    pixelAttentionMask: { data: mask, shape: [batch, most] },
    spatialShapes: { data: Int32Array.from(grids.flat()), shape: [batch, 2] },
  };
}

/** What is computed and compared: not what went in, nor the positions before they are added. */
export const outputNames = ({ outputs }: GoldenCase): string[] =>
  [...outputs.tensors.keys()].filter(
    (name) => !name.startsWith("input.") && name !== "resized_position_embeddings",
  );

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
