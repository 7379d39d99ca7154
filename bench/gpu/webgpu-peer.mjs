// The image tower of base-patch16-224 on onnxruntime-node's WebGPU, beside webgpu.mjs: float32, one
// picture, several runs under way at once. `--seconds N`. Ends with 1 where it does not start here.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { syntheticTensor } from "@sigil/runtime/internal";
import { loadSpec, specPath } from "@sigil/spec";
import ort from "onnxruntime-node";
import { visionTower } from "../vision-tower.mjs";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "10" } } });
const { vision_config: config } = loadSpec(specPath("siglip-base-patch16-224")).config;
const folder = mkdtempSync(join(tmpdir(), "sigil-peer-"));
try {
  const file = join(folder, "tower.onnx");
  const weight = (name, shape) => syntheticTensor(name, shape, 0);
  writeFileSync(file, visionTower(config, weight, "exported"));
  const session = await ort.InferenceSession.create(file, {
    executionProviders: ["webgpu"],
    graphOptimizationLevel: "all",
  });
  const shape = [1, config.num_channels, config.image_size, config.image_size];
  const pixels = Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, i) => (Math.imul(i + 1, 0x9e3779b1) >> 8) / 2 ** 23,
  );
  const run = () => session.run({ pixel_values: new ort.Tensor("float32", pixels, shape) });
  await run();
  const begin = performance.now();
  let runs = 0;
  while (performance.now() - begin < 1000 * Number(values.seconds)) {
    await Promise.all([run(), run(), run(), run()]);
    runs += 4;
  }
  const ms = (performance.now() - begin) / runs;
  console.log(
    `onnxruntime-node ${ort.env.versions.node}: ${ms.toFixed(3)} ms, ` +
      `${(35.4 / ms).toFixed(2)} TFLOP/s`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
