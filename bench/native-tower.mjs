/**
 * Times one tower on the native addon beside onnxruntime-node:
 * node native-tower.mjs SPEC TOWER STORAGE THREADS BATCH ROUNDS FOLDER SIDES; prints JSON. TOWER:
 * vision or text. SIDES: sigil, exported and contrib, of which onnxruntime has image towers in
 * float32 alone. With no rounds it runs each side once: for the first result of a fresh process.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSafetensors, syntheticTensor } from "@sigil/runtime/internal";
import { openFileSource, saveSafetensors } from "@sigil/runtime/node";
import { chooseInstructionSet, loadAddon, openNativeSession } from "@sigil/runtime-native";
import { rounds } from "./rounds.mjs";
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
    JSON.stringify({ plan, kernels: cpu.native, config: spec.config.vision_config }),
  );
}
const { plan, kernels, config } = JSON.parse(readFileSync(compiled, "utf8"));
const [program] = plan.programs;
const files = {
  sigil: join(folder, `${name}.${tower}.safetensors`),
  exported: join(folder, `${name}.exported.onnx`),
  contrib: join(folder, `${name}.contrib.onnx`),
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
for (const form of sides.filter((side) => side !== "sigil"))
  if (!existsSync(files[form]))
    writeFileSync(
      files[form],
      visionTower(config, (tensor, shape) => syntheticTensor(tensor, shape, 0), form),
    );

const [input] = program.inputs;
const shape = input.shape.map((size) => (typeof size === "number" ? size : size.factor * batch));
const length = shape.reduce((a, b) => a * b, 1);
const data =
  tower === "text"
    ? Int32Array.from({ length }, (_, i) => (i * 7919) % 30000)
    : Float32Array.from({ length }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >> 8) / 2 ** 23);

const result = { flops: program.flops, weightBytes: 0 };
/** The shortest time of each launch, in microseconds. */
const launches = program.launches.map(() => Infinity);
const runs = {};
for (const side of sides) {
  const begin = performance.now();
  if (side === "sigil") {
    const session = await openNativeSession(
      { plan, kernels },
      await openSafetensors(await openFileSource(files.sigil)),
      {
        threads,
        onProfile: (_, times) =>
          times.forEach(({ microseconds }, i) => {
            launches[i] = Math.min(launches[i], microseconds);
          }),
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
    const one = length / batch;
    runs[side] = async () => {
      // The graph has a batch of one.
      const parts = [];
      for (let i = 0; i < batch; i++) {
        const tensor = new ort.Tensor("float32", data.subarray(i * one, (i + 1) * one), [
          1,
          ...shape.slice(1),
        ]);
        parts.push((await session.run({ pixel_values: tensor })).pooler_output.data);
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
  const peaks = [];
  // Beside the rounds, so that what slows the machine slows both.
  runs.peak = async () => peaks.push(await loadAddon().peak(set, kind, threads));
  // On a busy machine the clock says little; of one thread the processor's time says it.
  const busy = Object.fromEntries(Object.keys(runs).map((side) => [side, []]));
  const timed = Object.fromEntries(
    Object.entries(runs).map(([side, one]) => [
      side,
      async () => {
        const begin = process.cpuUsage();
        await one();
        const { user, system } = process.cpuUsage(begin);
        busy[side].push((user + system) / 1e3);
      },
    ]),
  );
  result.times = await rounds(timed, count);
  for (const [side, all] of Object.entries(busy))
    result.times[side].busy = all.toSorted((a, b) => a - b)[all.length >> 1];
  delete result.times.peak;
  result.set = set;
  result.peak = Math.max(...peaks);
  const gemms = program.launches
    .map(({ kernel }, i) => ({ kernel, time: launches[i] }))
    .filter(({ kernel }) => kernels[kernel].family === "gemm");
  const flopsOf = ({ kernel }) => {
    const { rows, columns, depth } = kernels[kernel];
    return 2 * (typeof rows === "number" ? rows : rows.factor * batch) * Number(columns) * depth;
  };
  const sum = (list) => list.reduce((a, b) => a + b, 0);
  result.gemmShare =
    sum(gemms.map(flopsOf)) / (sum(gemms.map(({ time }) => time)) * 1e-6) / result.peak;
}
console.log(JSON.stringify(result));
process.exit(0);
