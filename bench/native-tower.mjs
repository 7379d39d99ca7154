/**
 * Times one tower on the native addon beside onnxruntime-node:
 * node native-tower.mjs SPEC TOWER STORAGE THREADS BATCH ROUNDS FOLDER SIDES; prints JSON. TOWER:
 * vision or text. SIDES: sigil, and onnxruntime's exported and contrib, which are in float32 for
 * any STORAGE. With no rounds it runs each side once: for the first result of a fresh process.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSafetensors, syntheticTensor } from "@sigil/runtime/internal";
import { openFileSource, saveSafetensors } from "@sigil/runtime/node";
import { chooseInstructionSet, loadAddon, openNativeSession } from "@sigil/runtime-native";
import { median, processorTime, rounds } from "./rounds.mjs";
import { textTower } from "./text-tower.mjs";
import { visionTower } from "./vision-tower.mjs";

const [name, tower, storage, ...numbers] = process.argv.slice(2, 8);
const [threads, batch, count] = numbers.map(Number);
const [folder, sides] = [process.argv[8], process.argv[9].split(",")];
const compiled = join(folder, `${name}.${tower}.${storage}.${batch}.json`);
// A process that is measured from its start finds what an app would ship.
if (!existsSync(compiled)) {
  const [{ compile }, { loadSpec, specPath }] = await Promise.all([
    import("@sigil/compiler"),
    import("@sigil/spec"),
  ]);
  const spec = loadSpec(specPath(name));
  const { plan, cpu } = await compile({
    ...spec,
    architecture: `siglip-${tower}`,
    batch: { image: batch, text: batch },
    outputs: ["pooler_output"],
    targets: ["cpu"],
    storage,
  });
  writeFileSync(
    compiled,
    JSON.stringify({ plan, kernels: cpu.native, config: spec.config[`${tower}_config`] }),
  );
}
const { plan, kernels, config } = JSON.parse(readFileSync(compiled, "utf8"));
const [program] = plan.programs;
const files = {
  sigil: join(folder, `${name}.${tower}.safetensors`),
  exported: join(folder, `${name}.${tower}.exported.onnx`),
  contrib: join(folder, `${name}.${tower}.contrib.onnx`),
};
if (!existsSync(files.sigil))
  await saveSafetensors(
    files.sigil,
    new Map(
      Object.entries(plan.tensors).map(([tensor, shape]) => [
        tensor,
        { dtype: "F32", shape, data: syntheticTensor(tensor, shape, 0) },
      ]),
    ),
  );
const writeTower = tower === "text" ? textTower : visionTower;
for (const form of sides.filter((side) => side !== "sigil"))
  if (!existsSync(files[form]))
    writeFileSync(
      files[form],
      writeTower(config, (tensor, shape) => syntheticTensor(tensor, shape, 0), form),
    );

const [input] = program.inputs;
const shape = input.shape.map((size) => (typeof size === "number" ? size : size.factor * batch));
const length = shape.reduce((a, b) => a * b, 1);
const data =
  tower === "text"
    ? Int32Array.from({ length }, (_, i) => (i * 7919) % 30000)
    : Float32Array.from({ length }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >> 8) / 2 ** 23);

const result = { flops: program.flops, weightBytes: 0 };
/** Microseconds of each launch of the last run. */
let launches = [];
const runs = {};
for (const side of sides) {
  const begin = performance.now();
  if (side === "sigil") {
    const session = await openNativeSession(
      { plan, kernels },
      await openSafetensors(await openFileSource(files.sigil)),
      {
        threads,
        onProfile: (_, times) => {
          launches = times.map(({ microseconds }) => microseconds);
        },
      },
    );
    result.weightBytes = (await session.load(program)).memoryBytes;
    runs.sigil = async () =>
      (
        await session.run(
          program,
          { [input.name]: { data, shape } },
          { [Object.keys(program.symbols)[0]]: batch },
        )
      ).pooler_output.data;
  } else {
    const { default: ort } = await import("onnxruntime-node");
    const session = await ort.InferenceSession.create(files[side], {
      graphOptimizationLevel: "all",
      intraOpNumThreads: threads,
      executionProviders: ["cpu"],
    });
    const [type, values] =
      tower === "text" ? ["int64", BigInt64Array.from(data, BigInt)] : ["float32", data];
    const one = length / batch;
    runs[side] = async () => {
      // The graph has a batch of one.
      const parts = [];
      for (let i = 0; i < batch; i++) {
        const tensor = new ort.Tensor(type, values.subarray(i * one, (i + 1) * one), [
          1,
          ...shape.slice(1),
        ]);
        parts.push((await session.run({ [input.name]: tensor })).pooler_output.data);
      }
      return Float32Array.from(parts.flatMap((part) => [...part]));
    };
  }
  const output = await runs[side]();
  result.firstMilliseconds ??= performance.now() - begin;
  result.output ??= output;
  result.difference = Math.max(
    result.difference ?? 0,
    ...output.map((value, i) => Math.abs(value - result.output[i])),
  );
}
delete result.output;
result.peakBytes = process.resourceUsage().maxRSS * 1024;
if (count > 0) {
  const set = chooseInstructionSet();
  const kind = ["float32", "float16", "bfloat16"].indexOf(storage);
  const sum = (list) => list.reduce((a, b) => a + b, 0);
  const rowsOf = (rows) => (typeof rows === "number" ? rows : rows.factor * batch);
  const gemms = program.launches
    .map(({ kernel }, i) => ({ i, ...kernels[kernel] }))
    .filter(({ family, b }) => family === "gemm" && b !== "activation");
  const gemmFlops = sum(
    gemms.map(({ rows, columns, depth }) => 2 * rowsOf(rows) * columns * depth),
  );
  const [peaks, inGemms] = [[], []];
  /** Of each launch in any round. */
  let shortest = launches;
  const { sigil, ...others } = runs;
  const times = await rounds(
    {
      // Beside each other in every round, so that what slows the machine slows both.
      peak: async () => peaks.push(await loadAddon().peak(set, kind, threads)),
      sigil: async () => {
        await sigil();
        inGemms.push(1e-6 * sum(gemms.map(({ i }) => launches[i])));
        shortest = shortest.map((least, i) => Math.min(least, launches[i]));
      },
      ...others,
    },
    count,
    // One thread's processor time is its time alone on a machine that does other things as well.
    threads === 1 ? processorTime : undefined,
  );
  // Of each round; the first one warmed up.
  const each = (of) => median(times.sigil.all.map((milliseconds, i) => of(i, milliseconds)));
  result.times = Object.fromEntries(
    Object.keys(runs).map((side) => [side, { ...times[side], all: undefined }]),
  );
  result.faster = Object.fromEntries(
    Object.keys(others).map((side) => [side, each((i, own) => times[side].all[i] / own)]),
  );
  result.set = set;
  result.peak = median(peaks);
  if (result.peak > 0) {
    result.share = each((i, own) => program.flops / (own * 1e-3) / peaks[i + 1]);
    result.gemmShare = each((i) => gemmFlops / inGemms[i + 1] / peaks[i + 1]);
    // What is least disturbed, on either side: a peak is already that of the best of many loops.
    result.bestGemmShare =
      gemmFlops / (1e-6 * sum(gemms.map(({ i }) => shortest[i]))) / Math.max(...peaks);
  }
}
console.log(JSON.stringify(result));
process.exit(0);
