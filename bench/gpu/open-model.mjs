/** A model that build-models.mjs compiled, as an artifact of @sigil/runtime-cuda. */
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { syntheticTensor, syntheticWeights } from "@sigil/runtime/internal";
import { buildEmulated } from "@sigil/runtime-cuda/emulated";
import { buildKernels } from "@sigil/runtime-cuda/nvcc";

const usual =
  process.env.SIGIL_GPU_MODELS ?? join(import.meta.dirname, "..", "..", "build", "gpu", "models");

/**
 * Kernels that were not built before are built here, if nvcc is; with `emulated` by g++ for this
 * machine's processor. `models` is the folder.
 */
export function openModel(name, { models = usual, emulated = false } = {}) {
  const folder = join(models, name);
  if (!existsSync(join(folder, "model.json")))
    throw new Error(`${name} is not compiled: npm run build:kernels`);
  const model = JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
  const image = (path) => async () => {
    if (emulated) return readFile((await buildEmulated(model.sources[path])).file);
    const file = join(folder, `kernels.${path}.fatbin`);
    return existsSync(file)
      ? readFile(file)
      : (await buildKernels(model.sources[path], path)).image;
  };
  return { ...model, images: { portable: image("portable"), hopper: image("hopper") } };
}

export const weightsOf = (plan, seed) =>
  syntheticWeights(
    Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
    seed,
  );

/** About as many elements of each tensor are different ones in `repeatedWeights`. */
const distinct = 1 << 16;

/**
 * Rows of each tensor again and again: for times, where making 400 million different numbers would
 * cost seconds at each opening.
 */
export function repeatedWeights(plan, seed) {
  const weights = weightsOf(plan, seed);
  const values = (name) => {
    const [rows = 1, ...rest] = weights.tensors.get(name).shape;
    const columns = rest.reduce((product, size) => product * size, 1);
    const first = syntheticTensor(
      name,
      [Math.min(rows, Math.ceil(distinct / columns)), ...rest],
      seed,
    );
    const all = new Float32Array(rows * columns);
    for (let at = 0; at < all.length; at += first.length)
      all.set(first.subarray(0, all.length - at), at);
    return all;
  };
  return {
    ...weights,
    read: async (name) => new Uint8Array(values(name).buffer),
    readFloat32: async (name) => values(name),
  };
}
