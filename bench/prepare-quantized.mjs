/**
 * Writes an image tower as an app would ship it in each storage: node prepare-quantized.mjs FOLDER
 * [CHECKPOINT]. Without a checkpoint it is that of base-patch16-224 with synthetic weights, seed 0.
 */
import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "@sigil/compiler";
import { ModelProcessor } from "@sigil/runtime";
import { syntheticTensor } from "@sigil/runtime/internal";
import { decodeImage, openCheckpoint, saveSafetensors } from "@sigil/runtime/node";
import { loadSpec, specPath } from "@sigil/spec";
import { visionTower } from "./vision-tower.mjs";

const [folder, given] = process.argv.slice(2);
const checkpoint = given === undefined ? undefined : await openCheckpoint(given);
const { vision_config: config } = given
  ? JSON.parse(readFileSync(join(given, "config.json"), "utf8"))
  : loadSpec(specPath("siglip-base-patch16-224")).config;
const shipped = (of) => ({
  ...loadSpec(of),
  batch: { image: 1, text: 1 },
  outputs: ["pooler_output"],
  targets: ["cpu", "webgpu"],
});

const float32 = join(folder, "float32");
mkdirSync(float32);
writeFileSync(
  join(float32, "config.json"),
  JSON.stringify({
    ...{ architectures: ["SiglipVisionModel"], model_type: "siglip_vision_model" },
    ...config,
  }),
);
const shapes = (await compile(shipped(float32))).plan.tensors;
const weights = new Map();
for (const [name, shape] of Object.entries(shapes))
  weights.set(
    name,
    checkpoint ? await checkpoint.weights.readFloat32(name) : syntheticTensor(name, shape, 0),
  );
const save = (path, dtype) =>
  saveSafetensors(
    path,
    new Map([...weights].map(([name, data]) => [name, { dtype, shape: shapes[name], data }])),
  );
await save(join(float32, "model.safetensors"), "F32");

const halves = { float16: "F16", bfloat16: "BF16" };
for (const [storage, dtype] of Object.entries(halves)) {
  mkdirSync(join(folder, storage));
  await save(join(folder, storage, "model.safetensors"), dtype);
}
for (const to of ["int8", "int4", "nf4"])
  execFileSync(
    process.execPath,
    [
      fileURLToPath(new URL("../cli/bin/sigil.js", import.meta.url)),
      ...["quantize", float32, "--to", to, "--out", join(folder, to), "--no-measure"],
    ],
    { stdio: "ignore" },
  );
const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const forCpu = ({ plan, cpu }) => ({
  plan,
  wasm: { plain: base64(cpu.plain), relaxed: base64(cpu.relaxed) },
  native: cpu.native,
});
for (const storage of ["float32", "float16", "bfloat16", "int8", "int4", "nf4"]) {
  const spec =
    storage in halves ? { ...shipped(float32), storage } : shipped(join(folder, storage));
  const compiled = await compile(spec);
  const put = (name, value) =>
    writeFileSync(join(folder, storage, `${name}.json`), JSON.stringify(value));
  put("cpu", forCpu(compiled));
  put("webgpu", compiled.webgpu);
}
const integers = join(folder, "int8-activations");
mkdirSync(integers);
for (const name of ["config.json", "model.safetensors"])
  linkSync(join(folder, "int8", name), join(integers, name));
const rounding = { ...shipped(integers), activations: "int8", targets: ["cpu"] };
writeFileSync(join(integers, "cpu.json"), JSON.stringify(forCpu(await compile(rounding))));
for (const form of ["exported", "q8", "q4"])
  writeFileSync(
    join(folder, `${form}.onnx`),
    visionTower(config, (name) => weights.get(name), form),
  );

const shape = [1, config.num_channels, config.image_size, config.image_size];
let pixels = Float32Array.from(
  { length: shape.reduce((a, b) => a * b) },
  (_, i) => (Math.imul(i + 1, 0x9e3779b1) >> 8) / 2 ** 23,
);
if (checkpoint) {
  const samples = join(given, "samples");
  const files = readdirSync(samples).map((name) => join(samples, name));
  const processor = new ModelProcessor({}, checkpoint);
  const { pixelValues } = processor.images(
    await Promise.all(files.map((file) => decodeImage(file))),
  );
  pixels = Float32Array.from(pixelValues.data);
}
writeFileSync(join(folder, "pixels.json"), JSON.stringify(shape));
writeFileSync(join(folder, "pixels.bin"), new Uint8Array(pixels.buffer));
