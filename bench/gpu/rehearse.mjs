/** Everything but the card: the small towers compiled, and the emulated driver. Needs Sigil's compiler and g++. */
import { join } from "node:path";
import { writeFiles } from "@sigil/compiler";
import { buildEmulatedDriver } from "@sigil/runtime-cuda/emulated";
import { compileModel, modelFile } from "./compile-model.mjs";
import { rehearsed, towerSpecs } from "./models.mjs";
import { tileModels } from "./tile-models.mjs";

/** Returns the driver's path. `tiles`: a product and two of its tiles are enough to see that they are timed. */
export async function prepare({ models, tiles }) {
  const specs = Object.assign({}, ...rehearsed.map(towerSpecs));
  const compiled = tiles ? Object.entries(tileModels(Object.values(specs), { mostShapes: 1, mostTiles: 2 })) : await Promise.all(Object.entries(specs).map(async ([name, spec]) => [name, await compileModel(spec)]));
  for (const [name, model] of compiled) writeFiles(join(models, name), modelFile(model));
  return buildEmulatedDriver();
}
