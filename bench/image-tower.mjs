/**
 * Times the image tower that prepare.mjs wrote: node image-tower.mjs FOLDER SIDES THREADS ROUNDS;
 * prints JSON. SIDES: sigil (WebAssembly), sigil-native, web:FORM and native:FORM.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rounds } from "./rounds.mjs";

const [folder, sides, threads, count] = [
  process.argv[2],
  process.argv[3].split(","),
  Number(process.argv[4]),
  Number(process.argv[5]),
];
const { shape, plan, wasm, native } = JSON.parse(readFileSync(join(folder, "sigil.json"), "utf8"));
const pixels = Float32Array.from(
  { length: shape.reduce((a, b) => a * b, 1) },
  (_, i) => (Math.imul(i + 1, 0x9e3779b1) >> 8) / 2 ** 23,
);
const result = {
  threads,
  flops: plan.programs[0].flops,
  residentLimit: plan.programs[0].weightBytes + plan.programs[0].arenaBytes,
};

async function openSigil(backend) {
  const [{ SiglipVisionModel, openSafetensors }, { openFileSource }, { openCpuSession }] =
    await Promise.all([
      import("@sigil/runtime"),
      import("@sigil/runtime/node"),
      import("@sigil/runtime-cpu"),
    ]);
  result.relaxedSimd = WebAssembly.validate(Buffer.from(wasm.relaxed, "base64"));
  const source = await openFileSource(join(folder, "sigil.safetensors"));
  const model = new SiglipVisionModel(
    await openCpuSession({ plan, wasm, native }, await openSafetensors(source), {
      threads,
      backend,
    }),
  );
  await source.close();
  return async () =>
    (await model.forward({ pixelValues: { data: pixels, shape } })).poolerOutput.data;
}

async function openPeer(side, form) {
  const ort = (await (side === "web" ? import("onnxruntime-web") : import("onnxruntime-node")))
    .default;
  if (side === "web") ort.env.wasm.numThreads = threads;
  const options = {
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    executionProviders: [side === "web" ? "wasm" : "cpu"],
  };
  const session = await ort.InferenceSession.create(join(folder, `${form}.onnx`), options);
  const input = new ort.Tensor("float32", pixels, shape);
  return async () => (await session.run({ pixel_values: input })).pooler_output.data;
}

const runs = {};
const outputs = {};
for (const name of sides) {
  runs[name] = name.startsWith("sigil")
    ? await openSigil(name === "sigil" ? "wasm" : "native")
    : await openPeer(...name.split(":"));
  outputs[name] = await runs[name]();
  // Since the process began: with one side, what a user waits for.
  result.firstResult ??= performance.now();
}
result.peakBytes = process.resourceUsage().maxRSS * 1024;
if (count > 0) result.times = await rounds(runs, count);
result.difference = Object.fromEntries(
  Object.entries(outputs).map(([name, data]) => [
    name,
    Math.max(...Array.from(data, (value, i) => Math.abs(value - outputs[sides[0]][i]))),
  ]),
);
console.log(JSON.stringify(result));
process.exit(0);
