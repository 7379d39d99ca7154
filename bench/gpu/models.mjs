/** What is compiled for a card: towers to time, and the model cases that are compared with transformers. */
import { loadSpec, specPath } from "@sigil/spec";
import { goldenCase, realCases, tinyCases } from "../../build/test/support/golden-cases.js";

export const storages = ["bfloat16", "float16", "float32"];

/** Towers in bfloat16, from the one that a first run should time; batches past the last are split by the session. */
export const timed = [
  { spec: "siglip-base-patch16-224", tower: "vision", batches: [1, 8, 32, 256] },
  { spec: "siglip-base-patch16-224", tower: "text", batches: [1, 8, 32, 256] },
  { spec: "siglip-so400m-patch14-384", tower: "vision", batches: [1, 8, 32, 64] },
  { spec: "siglip-large-patch16-256", tower: "vision", batches: [1, 8, 32, 256] },
  { spec: "siglip-base-patch16-384", tower: "vision", batches: [1, 8, 32, 256] },
  { spec: "siglip-so400m-patch14-384", tower: "text", batches: [1, 8, 32, 256] },
];

export const cases = [...tinyCases, ...realCases];

export const timedName = ({ spec, tower }) => `${spec}.${tower}`;

/** Name to spec of every model, each for CUDA alone. */
export async function specs() {
  const towers = timed.map((entry) => {
    const spec = loadSpec(specPath(entry.spec), { architecture: `siglip-${entry.tower}` });
    const most = entry.batches.at(-1);
    return [timedName(entry), { ...spec, storage: "bfloat16", targets: ["cuda"], batch: { image: most, text: most } }];
  });
  const compared = await Promise.all(cases.flatMap((name) => storages.map(async (storage) => [`${name}.${storage}`, { ...(await goldenCase(name)).spec, storage, targets: ["cuda"] }])));
  return Object.fromEntries([...towers, ...compared]);
}
