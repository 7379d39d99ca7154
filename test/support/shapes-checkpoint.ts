/**
 * The small trained checkpoint of the fixtures: its weights, its image processor and its pictures.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { bufferSource, openSafetensors, SiglipImageProcessor } from "@sigil/runtime";
import { decodeImage } from "@sigil/runtime/node";
import { loadSpec, specPath, type ModelSpec } from "@sigil/spec";
import { fixtures } from "./golden-cases.ts";

const folder = join(fixtures, "checkpoints/siglip-shapes");

export const shapesWeights = () =>
  openSafetensors(
    bufferSource(readFileSync(join(folder, "model.safetensors")), "model.safetensors"),
  );
export const shapesProcessor = SiglipImageProcessor.fromConfig(
  JSON.parse(readFileSync(join(folder, "preprocessor_config.json"), "utf8")) as Record<
    string,
    unknown
  >,
);
/** The vision tower alone, embeddings and all tokens. */
export const shapesSpec = (more: Partial<ModelSpec> = {}): ModelSpec => ({
  ...loadSpec(specPath("siglip-shapes")),
  outputs: ["pooler_output", "last_hidden_state"],
  ...more,
});
export const shapesPictures = (count: number) =>
  Promise.all(
    readdirSync(join(folder, "samples"))
      .sort()
      .slice(0, count)
      .map((name) => decodeImage(join(folder, "samples", name))),
  );
