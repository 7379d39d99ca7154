// WebGPU on this machine's card by Dawn over Vulkan: model cases beside transformers, then the time
// of the last one's image tower and its share of the card's float32 peak. `--only NAME` runs one
// case, `--seconds 0` times nothing. Ends with 1 past a bar or without an adapter.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { syntheticWeights } from "@sigil/runtime";
import { openWebGpuSession } from "@sigil/runtime-webgpu";
import { create } from "webgpu";
import { bars, distanceOf, isWithin } from "../../build/test/support/bars.js";
import { goldenCase } from "../../build/test/support/golden-cases.js";
import { runCase } from "../../build/test/support/run-case.js";
import { smi } from "./card.mjs";
import { webgpuCases } from "./models.mjs";

const { values } = parseArgs({
  options: { only: { type: "string", multiple: true }, seconds: { type: "string", default: "10" } },
});
const models = join(import.meta.dirname, "..", "..", "build", "gpu", "webgpu");
const gpu = create([]);
const adapter = await gpu.requestAdapter();
if (!adapter) {
  console.error("Dawn finds no Vulkan adapter: is libvulkan.so.1 there, and the driver's ICD?");
  process.exit(1);
}
const { vendor, architecture, device, description } = adapter.info;
console.log(
  `${vendor} ${architecture} ${device} ${description}: ${[...adapter.features].join(" ")}`,
);

async function open(name, seed) {
  const artifact = JSON.parse(readFileSync(join(models, `${name}.json`), "utf8"));
  const tensors = Object.entries(artifact.plan.tensors).map(([tensor, shape]) => ({
    name: tensor,
    shape,
  }));
  const options = { gpu, onWarning: () => {} };
  return openWebGpuSession(artifact, syntheticWeights(tensors, seed), options);
}

/** Milliseconds an image, several runs under way at once. */
async function time(golden, session) {
  const program = session.plan.programs.find(({ inputs }) =>
    inputs.some(({ name }) => name === "pixel_values"),
  );
  const [symbol] = Object.keys(program.symbols);
  const { data, shape } = golden.pixels;
  const one = { data: data.subarray(0, data.length / shape[0]), shape: [1, ...shape.slice(1)] };
  const run = () => session.run(program, { pixel_values: one }, { [symbol]: 1 });
  await run();
  const begin = performance.now();
  let runs = 0;
  while (performance.now() - begin < 1000 * Number(values.seconds)) {
    await Promise.all([run(), run(), run(), run()]);
    runs += 4;
  }
  return (performance.now() - begin) / runs;
}

let failed = 0;
for (const name of values.only ?? webgpuCases) {
  const golden = await goldenCase(name);
  const session = await open(name, golden.seed);
  const distance = await distanceOf(golden, await runCase(golden, session));
  const passed = isWithin(distance, bars.float32);
  if (!passed) failed++;
  const { worst, cosine } = distance.embeddings ?? {};
  console.log(
    `${passed ? "ok  " : "FAIL"} ${name.padEnd(20)} embeddings ` +
      `${worst?.toExponential(1) ?? "-"}, cosine ${cosine?.toFixed(7) ?? "-"}, all outputs ` +
      `${distance.scaled.toExponential(1)}, on ${session.backend}`,
  );
  if (name === webgpuCases.at(-1) && Number(values.seconds) > 0) {
    // What ran the case has disposed of its session.
    const again = await open(name, golden.seed);
    const ms = await time(golden, again);
    await again.dispose();
    // 35.4 GFLOP an image; an SM of Hopper has 128 float32 lanes, each a multiply-add a clock.
    const clock = Number.parseFloat(smi("clocks.max.sm")) * 1e6;
    const peak = 132 * 128 * 2 * clock;
    const share = ((35.4e9 / (ms / 1000) / peak) * 100).toFixed(1);
    console.log(
      `${name} image tower, batch 1: ${ms.toFixed(3)} ms, ${(35.4 / ms).toFixed(2)} TFLOP/s, ` +
        `${share} % of the float32 peak of 132 SMs at ${(clock / 1e6).toFixed(0)} MHz`,
    );
  }
}
process.exit(failed > 0 ? 1 : 0);
