/**
 * Everything but the card: small models compiled, and the emulated driver. Needs Sigil's compiler
 * and g++.
 */
import { join } from "node:path";
import { writeFiles } from "@sigil/compiler";
import { buildEmulatedDriver } from "@sigil/runtime-cuda/emulated";
import { attentionModel } from "./attention-model.mjs";
import { compileModel, modelFile } from "./compile-model.mjs";
import { attentionName, caseSpecs, rehearsed, towerSpecs } from "./models.mjs";
import { tileModels } from "./tile-models.mjs";

const compiled = (specs) =>
  Promise.all(Object.entries(specs).map(async ([name, spec]) => [name, await compileModel(spec)]));
const write = (models, entries) =>
  entries.forEach(([name, model]) => writeFiles(join(models, name), modelFile(model)));

/**
 * For bench.mjs. `tiles`: a product and two of its tiles are enough to see that they are timed.
 * Returns the driver's path.
 */
export async function prepare({ models, tiles }) {
  const specs = Object.assign({}, ...rehearsed.map(towerSpecs));
  write(
    models,
    tiles
      ? Object.entries(tileModels(Object.values(specs), { mostShapes: 1, mostTiles: 2 }))
      : [[attentionName, attentionModel({ rehearsal: true })], ...(await compiled(specs))],
  );
  return buildEmulatedDriver();
}

/** For parity.mjs. */
export async function prepareCases({ models }, names) {
  write(models, await compiled(await caseSpecs(names)));
  return buildEmulatedDriver();
}
