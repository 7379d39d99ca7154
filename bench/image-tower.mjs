/** The base-patch16-224 image tower: node image-tower.mjs SIDES THREADS ROUNDS [ARTIFACT | --compile ARTIFACT]; prints JSON. SIDES: sigil,web,native. */
import { readFileSync, writeFileSync } from "node:fs";
import { SiglipVisionModel, syntheticTensor, syntheticWeights, uniform } from "@sigil/runtime";
import { openCpuSession } from "@sigil/runtime-cpu";
import { loadSpec, specPath } from "@sigil/spec";
import { rounds } from "./rounds.mjs";
import { visionTower } from "./vision-tower.mjs";

const [sides, threads, count] = [process.argv[2].split(","), Number(process.argv[3]), Number(process.argv[4])];
// An app loads what was compiled before: a file made by --compile.
const artifact = process.argv[5] === "--compile" ? undefined : process.argv[5];
const seed = 0;
const path = specPath("siglip-base-patch16-224");
const spec = { ...loadSpec(path), architecture: "siglip-vision", batch: { image: 1, text: 1 }, outputs: ["pooler_output"] };
const config = spec.config.vision_config;
const shape = [1, 3, config.image_size, config.image_size];
const pixels = uniform("pixels", shape.reduce((a, b) => a * b, 1), seed);
const weight = (name, sizes) => syntheticTensor(name, sizes, seed);
if (process.argv[5] === "--compile") {
  const { compile } = await import("@sigil/compiler");
  const { plan, cpu } = await compile(spec);
  const base64 = (bytes) => Buffer.from(bytes).toString("base64");
  writeFileSync(process.argv[6], JSON.stringify({ plan, cpu: { plain: base64(cpu.plain), relaxed: base64(cpu.relaxed) } }));
  console.log("{}");
  process.exit(0);
}
const runs = {};
const first = {};
const result = { threads, relaxedSimd: false };
const since = async (name, begin, run) => {
  runs[name] = run;
  const output = await run();
  first[name] = performance.now() - begin;
  return output;
};
const outputs = {};

if (sides.includes("sigil")) {
  const { plan, cpu } = artifact ? JSON.parse(readFileSync(artifact, "utf8"), (key, value) => (key === "plain" || key === "relaxed" ? Buffer.from(value, "base64") : value)) : await (await import("@sigil/compiler")).compile(spec);
  const [program] = plan.programs;
  Object.assign(result, { flops: program.flops, weightBytes: program.weightBytes, arenaBytes: program.arenaBytes, relaxedSimd: WebAssembly.validate(cpu.relaxed) });
  const weights = syntheticWeights(Object.entries(plan.tensors).map(([name, sizes]) => ({ name, shape: sizes })), seed);
  const begin = performance.now();
  const model = new SiglipVisionModel(await openCpuSession({ plan, wasm: cpu }, weights, { threads }));
  outputs.sigil = await since("sigil", begin, async () => (await model.forward({ pixelValues: { data: pixels, shape } })).poolerOutput.data);
}
for (const [side, load] of [["web", () => import("onnxruntime-web")], ["native", () => import("onnxruntime-node")]]) {
  if (!sides.includes(side)) continue;
  const ort = (await load()).default ?? (await load());
  if (side === "web") ort.env.wasm.numThreads = threads;
  for (const fused of [false, true]) {
    const bytes = visionTower(config, weight, { fused });
    const begin = performance.now();
    const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: "all", intraOpNumThreads: threads, executionProviders: [side === "web" ? "wasm" : "cpu"] });
    const input = new ort.Tensor("float32", pixels, shape);
    const name = `${side}${fused ? "-fused" : ""}`;
    outputs[name] = await since(name, begin, async () => (await session.run({ pixel_values: input })).pooler_output.data);
  }
}
result.first = first;
result.times = await rounds(runs, count);
result.peakBytes = process.resourceUsage().maxRSS * 1024;
result.difference = Object.fromEntries(Object.entries(outputs).map(([name, data]) => [name, outputs.sigil ? Math.max(...Array.from(data, (value, i) => Math.abs(value - outputs.sigil[i]))) : 0]));
console.log(JSON.stringify(result));
process.exit(0);
