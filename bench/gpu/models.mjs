/**
 * What is compiled for a card: towers to time, and the model cases that are compared with
 * transformers.
 */
import { loadSpec, specPath } from "@sigil/spec";
import { goldenCase, realCases, tinyCases } from "../../build/test/support/golden-cases.js";

export const storages = ["bfloat16", "float16", "float32"];

/**
 * Towers in bfloat16, from the one that a first run should time; batches past the last are split by
 * the session.
 */
export const timed = [
  { spec: "siglip-base-patch16-224", tower: "vision", batches: [1, 8, 32, 256] },
  { spec: "siglip-base-patch16-224", tower: "text", batches: [1, 8, 32, 256] },
  { spec: "siglip-so400m-patch14-384", tower: "vision", batches: [1, 8, 32, 64] },
  { spec: "siglip-large-patch16-256", tower: "vision", batches: [1, 8, 32, 256] },
  { spec: "siglip-base-patch16-384", tower: "vision", batches: [1, 8, 32, 256] },
  { spec: "siglip-so400m-patch14-384", tower: "text", batches: [1, 8, 32, 256] },
];

/**
 * Towers so small that the emulated driver runs the whole benchmark: one layer of two heads, 16
 * patches or tokens.
 */
export const rehearsed = [
  {
    spec: "siglip-shapes",
    tower: "vision",
    batches: [1, 4],
    sizes: { num_hidden_layers: 1, num_attention_heads: 2, image_size: 32 },
  },
  {
    spec: "siglip-shapes",
    tower: "text",
    batches: [1, 4],
    sizes: { num_hidden_layers: 1, num_attention_heads: 2 },
  },
];

export const cases = [...tinyCases, ...realCases];

/** Cases that WebGPU runs on a card; the last is timed too. */
export const webgpuCases = ["tiny", "tiny-awkward", "tiny-mask", "base-patch16-224"];

/** Attention at sizes of its own: attention-model.mjs. */
export const attentionName = "attention";

export const timedName = ({ spec, tower }) => `${spec}.${tower}`;

/** The tower's config in transformers' names. */
export const configOf = ({ spec, tower, sizes }) => ({
  ...loadSpec(specPath(spec)).config[`${tower}_config`],
  ...sizes,
});

/** Pictures of a batch that both storages embed, for their difference. */
export const comparedBatch = 4;

/** SigLIP's own: a byte becomes x / 127.5 - 1. */
const bytes = {
  dtype: "uint8",
  rescaleFactor: 1 / 255,
  imageMean: [0.5, 0.5, 0.5],
  imageStd: [0.5, 0.5, 0.5],
};

/**
 * A tower that gives embeddings alone, in bfloat16: what is timed; NAME.uint8 takes bytes;
 * NAME.float32 is what its embeddings are compared with.
 */
export function towerSpecs(entry) {
  const { spec: name, tower, batches } = entry;
  const loaded = loadSpec(specPath(name));
  const most = batches.at(-1);
  const spec = {
    ...loaded,
    architecture: `siglip-${tower}`,
    config: { ...loaded.config, [`${tower}_config`]: configOf(entry) },
    outputs: ["pooler_output"],
    storage: "bfloat16",
    targets: ["cuda"],
    batch: { image: most, text: most },
  };
  const all = [
    [timedName(entry), spec],
    [
      `${timedName(entry)}.float32`,
      { ...spec, storage: "float32", batch: { image: comparedBatch, text: comparedBatch } },
    ],
  ];
  if (tower === "vision") all.push([`${timedName(entry)}.uint8`, { ...spec, pixels: bytes }]);
  return Object.fromEntries(all);
}

/** Name to spec of model cases, in each storage. */
export async function caseSpecs(names = cases) {
  return Object.fromEntries(
    await Promise.all(
      names.flatMap((name) =>
        storages.map(async (storage) => [
          `${name}.${storage}`,
          { ...(await goldenCase(name)).spec, storage, targets: ["cuda"] },
        ]),
      ),
    ),
  );
}

/** Name to spec of every model, each for CUDA alone. */
export const specs = async () => ({
  ...Object.assign({}, ...timed.map(towerSpecs)),
  ...(await caseSpecs()),
});
