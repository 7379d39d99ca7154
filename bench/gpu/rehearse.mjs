/** Everything but the card: the small towers compiled, and the emulated driver. Needs Sigil's compiler and g++. */
import { join } from "node:path";
import { writeFiles } from "@sigil/compiler";
import { buildEmulatedDriver } from "@sigil/runtime-cuda/emulated";
import { compileModel, modelFile } from "./compile-model.mjs";
import { rehearsed, towerSpecs } from "./models.mjs";

/** Returns the driver's path. */
export async function prepare({ models }) {
  for (const [name, spec] of Object.entries(Object.assign({}, ...rehearsed.map(towerSpecs)))) writeFiles(join(models, name), modelFile(await compileModel(spec)));
  return buildEmulatedDriver();
}
