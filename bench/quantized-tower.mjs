/**
 * Times the image tower that prepare-quantized.mjs wrote in several storages: node
 * quantized-tower.mjs FOLDER BACKEND SIDES ROUNDS; prints JSON. BACKEND: cpu (WebAssembly, one
 * thread), native (one thread) or webgpu. SIDES: sigil:STORAGE and web:FORM or node:FORM
 * (onnxruntime-web, onnxruntime-node); cosines are to the first.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { rounds } from "./rounds.mjs";
import { asInBrowser } from "./webgpu-in-node.mjs";

const [folder, backend, names, count] = process.argv.slice(2);
const sides = names.split(",");
const shape = JSON.parse(readFileSync(join(folder, "pixels.json"), "utf8"));
const bytes = readFileSync(join(folder, "pixels.bin"));
const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
const length = shape.reduce((a, b) => a * b);
const pictures = Array.from({ length: all.length / length }, (_, i) =>
  all.slice(i * length, (i + 1) * length),
);

async function openSigil(storage) {
  const [{ SiglipVisionModel, openSafetensors }, { openFileSource }, cpu, native, webgpu] =
    await Promise.all([
      import("@sigil/runtime"),
      import("@sigil/runtime/node"),
      import("@sigil/runtime-cpu"),
      import("@sigil/runtime-native"),
      import("@sigil/runtime-webgpu"),
    ]);
  const target = backend === "webgpu" ? "webgpu" : "cpu";
  const artifact = JSON.parse(readFileSync(join(folder, storage, `${target}.json`), "utf8"));
  const source = await openFileSource(join(folder, storage, "model.safetensors"));
  const weights = await openSafetensors(source);
  const open = {
    cpu: () => cpu.openCpuSession(artifact, weights, { threads: 1, backend: "wasm" }),
    native: () =>
      native.openNativeSession({ plan: artifact.plan, kernels: artifact.native }, weights, {
        threads: 1,
      }),
    webgpu: () => webgpu.openWebGpuSession(artifact, weights, { gpu: navigator.gpu }),
  };
  const session = await open[backend]();
  await source.close();
  result.adapter ??= (await session.adapter?.())?.description;
  const model = new SiglipVisionModel(session);
  return async (data) => (await model.forward({ pixelValues: { data, shape } })).poolerOutput.data;
}

/** onnxruntime's packages, and what each calls the backend. */
const peers = {
  cpu: ["onnxruntime-web", "wasm"],
  native: ["onnxruntime-node", "cpu"],
  webgpu: ["onnxruntime-web/webgpu", "webgpu"],
};

async function openPeer(form) {
  const [name, provider] = peers[backend];
  const { default: ort } = await import(name);
  ort.env.wasm.numThreads = 1;
  const file = join(folder, `${form}.onnx`);
  const session = await ort.InferenceSession.create(
    backend === "webgpu" ? new Uint8Array(readFileSync(file)) : file,
    {
      graphOptimizationLevel: "all",
      intraOpNumThreads: 1,
      executionProviders: [provider],
    },
  );
  return async (data) =>
    (await session.run({ pixel_values: new ort.Tensor("float32", data, shape) })).pooler_output
      .data;
}

const cosine = (a, b) => {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return ab / Math.sqrt(aa * bb);
};

/** Milliseconds that this process has computed, whatever else the machine does. */
const busy = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const result = { sides: {} };
if (backend === "webgpu") asInBrowser();
const runs = {};
let expected;
for (const name of sides) {
  const [side, form] = name.split(":");
  const [begin, busyBefore] = [performance.now(), busy()];
  const run = await (side === "sigil" ? openSigil(form) : openPeer(form));
  const [load, loadBusy] = [performance.now() - begin, busy() - busyBefore];
  const outputs = [];
  for (const picture of pictures) outputs.push(Float32Array.from(await run(picture)));
  expected ??= outputs;
  const file = side === "sigil" ? join(form, "model.safetensors") : `${form}.onnx`;
  const cosines = outputs.map((output, i) => cosine(output, expected[i]));
  result.sides[name] = {
    load,
    loadBusy,
    bytes: statSync(join(folder, file)).size,
    least: Math.min(...cosines),
    mean: cosines.reduce((a, b) => a + b) / cosines.length,
  };
  // With one side: of a process that did nothing else.
  result.peakBytes = process.resourceUsage().maxRSS * 1024;
  runs[name] = async () => {
    const before = busy();
    await run(pictures[0]);
    // The least of all rounds.
    const of = result.sides[name];
    of.busy = Math.min(of.busy ?? Infinity, busy() - before);
  };
}
if (Number(count) > 0)
  for (const [name, times] of Object.entries(await rounds(runs, Number(count))))
    Object.assign(result.sides[name], times);
console.log(JSON.stringify(result));
process.exit(0);
