/**
 * Writes image towers as checkpoints that both sides read, and pictures to send: node
 * prepare-serving.mjs FOLDER. base-patch16-224 has synthetic weights, seed 0; siglip-shapes its
 * own.
 */
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSafetensors, syntheticTensor } from "@sigil/runtime/internal";
import { openFileSource, saveSafetensors } from "@sigil/runtime/node";
import { compile } from "@sigil/compiler";
import { loadSpec, specPath } from "@sigil/spec";
import sharp from "sharp";
import { visionTower } from "../vision-tower.mjs";

const folder = process.argv[2];
const fixtures = join(import.meta.dirname, "../../test/fixtures");
const shapes = join(fixtures, "checkpoints/siglip-shapes");

async function writeTower(name, weight, preprocessor) {
  const into = join(folder, name);
  mkdirSync(join(into, "onnx"), { recursive: true });
  const spec = { ...loadSpec(specPath(name)), architecture: "siglip-vision", targets: ["cpu"] };
  const config = spec.config.vision_config;
  const { plan } = await compile({ ...spec, outputs: ["pooler_output"] });
  const tensors = await Promise.all(
    Object.entries(plan.tensors).map(async ([tensor, shape]) => [
      tensor,
      { dtype: "F32", shape, data: await weight(tensor, shape) },
    ]),
  );
  const read = new Map(tensors);
  await saveSafetensors(join(into, "model.safetensors"), read);
  const data = (tensor) => read.get(tensor).data;
  writeFileSync(join(into, "onnx/vision_model.onnx"), visionTower(config, data, "exported"));
  const model = { model_type: "siglip_vision_model", architectures: ["SiglipVisionModel"] };
  writeFileSync(join(into, "config.json"), JSON.stringify({ ...config, ...model }));
  writeFileSync(join(into, "preprocessor_config.json"), JSON.stringify(preprocessor));
}

const preprocessor = JSON.parse(readFileSync(join(shapes, "preprocessor_config.json"), "utf8"));
const source = await openFileSource(join(shapes, "model.safetensors"));
const weights = await openSafetensors(source);
await writeTower("siglip-shapes", (name) => weights.readFloat32(name), preprocessor);
await source.close();
const size = { height: 224, width: 224 };
await writeTower("siglip-base-patch16-224", (name, shape) => syntheticTensor(name, shape, 0), {
  ...preprocessor,
  size,
});

const samples = join(shapes, "samples");
mkdirSync(join(folder, "pictures/siglip-shapes"), { recursive: true });
for (const file of readdirSync(samples))
  copyFileSync(join(samples, file), join(folder, "pictures/siglip-shapes", file));
// Photographs as browsers send them: JPEGs of VGA size, no two alike.
mkdirSync(join(folder, "pictures/siglip-base-patch16-224"), { recursive: true });
for (let i = 0; i < 8; i++)
  await sharp(join(fixtures, "images/source/png-scene-640x480.png"))
    .modulate({ hue: 40 * i })
    .jpeg({ quality: 90 })
    .toFile(join(folder, "pictures/siglip-base-patch16-224", `${i}.jpg`));
