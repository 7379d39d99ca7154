/**
 * Times the image tower that prepare.mjs wrote on WebGPU, all sides on the same adapter: node
 * image-tower-webgpu.mjs FOLDER SIDES ROUNDS; prints JSON. SIDES: sigil, web:FORM, native:FORM,
 * transformers:web and transformers:node.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { rounds } from "./rounds.mjs";
import { asInBrowser } from "./webgpu-in-node.mjs";

const [folder, sides, count] = [
  process.argv[2],
  process.argv[3].split(","),
  Number(process.argv[4]),
];
const { shape } = JSON.parse(readFileSync(join(folder, "sigil.json"), "utf8"));
const pixels = Float32Array.from(
  { length: shape.reduce((a, b) => a * b, 1) },
  (_, i) => (Math.imul(i + 1, 0x9e3779b1) >> 8) / 2 ** 23,
);

let dispatches = 0;
function countDispatches() {
  for (const name of ["dispatchWorkgroups", "dispatchWorkgroupsIndirect"]) {
    const dispatch = GPUComputePassEncoder.prototype[name];
    GPUComputePassEncoder.prototype[name] = function (...sizes) {
      dispatches++;
      return dispatch.apply(this, sizes);
    };
  }
}

async function openSigil() {
  const json = (name) => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
  const [{ SiglipVisionModel, openSafetensors }, { openFileSource }, { openWebGpuSession }] =
    await Promise.all([
      import("@sigil/runtime"),
      import("@sigil/runtime/node"),
      import("@sigil/runtime-webgpu"),
    ]);
  const sets = readdirSync(folder)
    .flatMap((file) => /^webgpu\.(.+)\.json$/.exec(file)?.[1] ?? [])
    .filter((set) => set !== "plan");
  const kernels = Object.fromEntries(sets.map((set) => [set, async () => json(`webgpu.${set}`)]));
  const source = await openFileSource(join(folder, "sigil.safetensors"));
  const session = await openWebGpuSession(
    { plan: json("webgpu.plan"), kernels },
    await openSafetensors(source),
    { gpu: navigator.gpu },
  );
  await source.close();
  result.adapter = (await session.adapter()).description;
  const model = new SiglipVisionModel(session);
  return async () =>
    (await model.forward({ pixelValues: { data: pixels, shape } })).poolerOutput.data;
}

async function openOnnx(side, form) {
  const ort =
    side === "web"
      ? await import("onnxruntime-web/webgpu")
      : (await import("onnxruntime-node")).default;
  const file = join(folder, `${form}.onnx`);
  if (side === "web") ort.env.wasm.numThreads = 1;
  // The browsers' package fetches addresses, and knows no paths.
  const session = await ort.InferenceSession.create(
    side === "web" ? new Uint8Array(readFileSync(file)) : file,
    { executionProviders: ["webgpu"], graphOptimizationLevel: "all" },
  );
  const input = new ort.Tensor("float32", pixels, shape);
  return async () => (await session.run({ pixel_values: input })).pooler_output.data;
}

async function fetchFile(url) {
  const file = join(folder, decodeURIComponent(new URL(url).pathname));
  return existsSync(file)
    ? new Response(readFileSync(file), {
        headers: { "Content-Length": String(statSync(file).size) },
      })
    : new Response(null, { status: 404 });
}

/** `node`: on onnxruntime-node's WebGPU. `web`: what pages load, on onnxruntime-web's. */
async function openTransformers(build) {
  // The web build asks whether this is Node, and would look for onnxruntime-node. Whatever asks
  // later is told so too: it comes last.
  if (build === "web")
    Object.defineProperty(process, "release", { value: { ...process.release, name: "browser" } });
  const { env, SiglipVisionModel, Tensor } = await (build === "web"
    ? import("./node_modules/@huggingface/transformers/dist/transformers.web.js")
    : import("@huggingface/transformers"));
  Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: folder });
  if (build === "web") {
    // It fetches the model, from this folder here, and would fetch onnxruntime-web from a CDN
    // instead of what npm installed.
    Object.assign(env, {
      localModelPath: "https://model.local/",
      fetch: fetchFile,
      useBrowserCache: false,
      useWasmCache: false,
    });
    Object.assign(env.backends.onnx.wasm, { wasmPaths: undefined, numThreads: 1 });
  }
  const model = await SiglipVisionModel.from_pretrained("hub", { device: "webgpu", dtype: "fp32" });
  return async () =>
    (await model({ pixel_values: new Tensor("float32", pixels, shape) })).pooler_output.data;
}

const openers = {
  sigil: openSigil,
  transformers: openTransformers,
  web: (form) => openOnnx("web", form),
  native: (form) => openOnnx("native", form),
};
const open = (name) => {
  const [side, form] = name.split(":");
  return openers[side](form);
};
const result = {
  flops: JSON.parse(readFileSync(join(folder, "webgpu.plan.json"), "utf8")).programs[0].flops,
  sides: {},
};
asInBrowser();
countDispatches();
/**
 * Milliseconds that every thread of this process has computed: on a software adapter all of the
 * work, whatever else the machine does.
 */
const busy = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const runs = {};
let reference;
for (const name of sides) {
  const [begin, busyBefore] = [performance.now(), busy()];
  try {
    const run = await open(name);
    const output = Float32Array.from(await run());
    const [first, firstBusy] = [performance.now() - begin, busy() - busyBefore];
    reference ??= output;
    result.sides[name] = {
      first,
      firstBusy,
      difference: output.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - reference[i])),
        0,
      ),
    };
    runs[name] = async () => {
      dispatches = 0;
      const before = busy();
      await run();
      // The least of all rounds.
      result.sides[name].busy = Math.min(result.sides[name].busy ?? Infinity, busy() - before);
      // Native code dispatches past this process's JavaScript.
      result.sides[name].dispatches = dispatches > 0 ? dispatches : null;
    };
  } catch (error) {
    result.sides[name] = { error: String(error?.message ?? error).split("\n")[0] };
  }
}
if (count > 0)
  for (const [name, times] of Object.entries(await rounds(runs, count)))
    Object.assign(result.sides[name], times);
console.log(JSON.stringify(result));
process.exit(0);
