/**
 * Writes what an app would ship of the base-patch16-224 image tower: node prepare.mjs FOLDER.
 * Weights are synthetic, seed 0, and the same on all sides.
 */
import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import { syntheticTensor } from "@sigil/runtime/internal";
import { saveSafetensors } from "@sigil/runtime/node";
import { loadSpec, specPath } from "@sigil/spec";
import { forms } from "./encoder-graph.mjs";
import { visionTower } from "./vision-tower.mjs";

const folder = process.argv[2];
const spec = {
  ...loadSpec(specPath("siglip-base-patch16-224")),
  architecture: "siglip-vision",
  batch: { image: 1, text: 1 },
  outputs: ["pooler_output"],
  targets: ["cpu", "webgpu"],
};
const config = spec.config.vision_config;
const weight = (name, shape) => syntheticTensor(name, shape, 0);

const { plan, cpu, webgpu } = await compile(spec);
const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const shape = [1, config.num_channels, config.image_size, config.image_size];
writeFileSync(
  join(folder, "sigil.json"),
  JSON.stringify({
    shape,
    plan,
    wasm: { plain: base64(cpu.plain), relaxed: base64(cpu.relaxed) },
    native: cpu.native,
  }),
);
writeFileSync(join(folder, "webgpu.plan.json"), JSON.stringify(webgpu.plan));
for (const [kind, kernels] of Object.entries(webgpu.kernels))
  writeFileSync(join(folder, `webgpu.${kind}.json`), JSON.stringify(kernels));
const tensors = Object.entries(plan.tensors).map(([name, sizes]) => [
  name,
  { dtype: "F32", shape: sizes, data: weight(name, sizes) },
]);
await saveSafetensors(join(folder, "sigil.safetensors"), new Map(tensors));
for (const form of forms)
  writeFileSync(join(folder, `${form}.onnx`), visionTower(config, weight, form));

// As the Hub has it, which is how transformers.js finds a model.
mkdirSync(join(folder, "hub/onnx"), { recursive: true });
linkSync(join(folder, "exported.onnx"), join(folder, "hub/onnx/vision_model.onnx"));
writeFileSync(
  join(folder, "hub/config.json"),
  JSON.stringify({
    ...config,
    model_type: "siglip_vision_model",
    architectures: ["SiglipVisionModel"],
  }),
);
