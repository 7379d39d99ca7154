// Runs every comparison, or those of --only, and prints tables: node main.mjs [--json FILE]
// [--rounds N] [--only cpu,native,webgpu,quantized,serving,tokenizer,image] [--seconds N].
// `native`, `quantized` and `serving` are for --only alone, since they take gigabytes or minutes.
// Fails where results differ or Sigil takes too much memory.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installPeers } from "./install-peers.mjs";
import { benchNative } from "./native.mjs";
import { benchQuantized } from "./quantized.mjs";
import { benchServing } from "./serving/serving.mjs";

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "120" },
    only: { type: "string", default: "cpu,webgpu,tokenizer,image" },
  },
});
const wanted = values.only.split(",");
const cwd = fileURLToPath(new URL(".", import.meta.url));
installPeers(cwd);
const native = await import("onnxruntime-node").then(
  () => true,
  (error) => console.log(`without onnxruntime-node, which does not load: ${error.message}\n`),
);

const node = (script, args = [], flags = [], env = {}) =>
  execFileSync("node", [...flags, script, ...args.map(String)], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 1 << 26,
    env: { ...process.env, ...env },
  });
const run = (...command) =>
  JSON.parse(
    node(...command)
      .trim()
      .split("\n")
      .at(-1),
  );
/** As on a first visit: Mesa keeps compiled shaders on disk, whoever compiled them last. */
const uncached = (script, args) => run(script, args, [], { MESA_SHADER_CACHE_DISABLE: "true" });
const milliseconds = (time) => `${time.median.toFixed(1)} (${time.minimum.toFixed(1)})`;
const row = (...cells) => console.log(`| ${cells.join(" | ")} |`);
const table = (title, ...columns) => {
  console.log(`\n${title}\n`);
  row(...columns);
  row(...columns.map(() => "---"));
};
const label = (side) => (side === "sigil" ? side : `onnxruntime-${side.replace(":", ", ")}`);
const failures = [];
const results = { cpu: cpus()[0].model, processors: availableParallelism(), node: process.version };
console.log(
  `${results.cpu}, ${results.processors} processors, Node ${results.node}; milliseconds are ` +
    "medians (minima) of interleaved rounds",
);

function tower(folder) {
  const peers = ["web", ...(native ? ["native"] : [])];
  const sides = ["sigil", ...peers.flatMap((peer) => [`${peer}:exported`, `${peer}:contrib`])];
  table(
    "Image tower of base-patch16-224, float32, one picture",
    "threads",
    "side",
    "ms",
    "GFLOP/s",
    "Sigil is faster by",
    "largest difference",
  );
  results.tower = [];
  for (const flags of [[], ["--experimental-wasm-relaxed-simd"]])
    for (const threads of [1, 2]) {
      const one = run("image-tower.mjs", [folder, sides, threads, values.rounds], flags);
      results.tower.push(one);
      for (const [side, time] of Object.entries(one.times)) {
        // Written so that NaN, which JSON makes null, fails too.
        const difference = one.difference[side] ?? NaN;
        if (!(difference < 1e-4)) failures.push(`${side} differs from Sigil by ${difference}`);
        const name = side === "sigil" && one.relaxedSimd ? "sigil, relaxed SIMD" : label(side);
        row(
          threads,
          name,
          milliseconds(time),
          (one.flops / time.median / 1e6).toFixed(1),
          (time.median / one.times.sigil.median).toFixed(2),
          difference.toExponential(1),
        );
      }
    }

  table(
    "A fresh process that reads the tower from a file and runs it once, one thread",
    "side",
    "from start to result, s",
    "peak resident, MB",
    "above weights + arena, MB",
  );
  const fresh = Object.fromEntries(
    ["sigil", ...peers.map((peer) => `${peer}:exported`)].map((side) => [side, []]),
  );
  for (let round = 0; round < 3; round++)
    for (const [side, of] of Object.entries(fresh))
      of.push(run("image-tower.mjs", [folder, side, 1, 0]));
  results.fresh = fresh;
  for (const [side, of] of Object.entries(fresh)) {
    const first = of.map((one) => one.firstResult).toSorted((a, b) => a - b)[1];
    const peak = Math.max(...of.map((one) => one.peakBytes));
    const above = peak - of[0].residentLimit;
    if (side === "sigil" && above > 150e6)
      failures.push(`Sigil takes ${(above / 1e6).toFixed(0)} MB more than its weights and arena`);
    row(label(side), (first / 1e3).toFixed(2), (peak / 1e6).toFixed(0), (above / 1e6).toFixed(0));
  }
}

/**
 * All sides on the adapter that Dawn finds in Node; on Mesa's lavapipe, where there is no GPU, an
 * image takes seconds and the processor does all of the work.
 */
function webgpu(folder) {
  const sides = [
    "sigil",
    "web:exported",
    ...(native ? ["native:exported"] : []),
    ...(native ? ["transformers:node"] : []),
    "transformers:web",
  ];
  const one = run("image-tower-webgpu.mjs", [folder, sides, Math.min(values.rounds, 3)]);
  results.webgpu = one;
  const { sigil } = one.sides;
  if (sigil.error) return console.log(`\nwithout WebGPU: ${sigil.error}`);
  table(
    `Image tower of base-patch16-224 on WebGPU, float32, one picture, on ${one.adapter}`,
    "side",
    "ms",
    "processor ms",
    "GFLOP/s",
    "Sigil is faster by",
    "first result of a fresh process, s (processor)",
    "sooner by",
    "dispatches",
    "fewer by",
    "largest difference",
  );
  for (const [side, of] of Object.entries(one.sides)) {
    const name = side.startsWith("transformers")
      ? `transformers.js (onnxruntime-${side.split(":")[1]})`
      : label(side);
    if (of.error) {
      row(name, `cannot run: ${of.error}`, "", "", "", "", "", "", "", "");
      continue;
    }
    const first = uncached("image-tower-webgpu.mjs", [folder, side, 0]).sides[side];
    Object.assign(of, { fresh: first.first, freshBusy: first.firstBusy });
    if (!(of.difference < 1e-4))
      failures.push(`${name} on WebGPU differs from Sigil by ${of.difference}`);
    const times = (mine, its) => (its ? (its / mine).toFixed(1) : "not seen");
    row(
      name,
      milliseconds(of),
      of.busy.toFixed(0),
      (one.flops / of.median / 1e6).toFixed(1),
      times(sigil.median, of.median),
      `${(of.fresh / 1e3).toFixed(1)} (${(of.freshBusy / 1e3).toFixed(1)})`,
      times(sigil.fresh, of.fresh),
      of.dispatches ?? "not seen",
      times(sigil.dispatches, of.dispatches),
      of.difference.toExponential(1),
    );
  }
}

const folder = mkdtempSync(join(tmpdir(), "sigil-bench-"));
try {
  if (wanted.includes("cpu") || wanted.includes("webgpu")) node("prepare.mjs", [folder]);
  if (wanted.includes("cpu")) tower(folder);
  if (wanted.includes("webgpu")) webgpu(folder);
} finally {
  rmSync(folder, { recursive: true });
}

if (wanted.includes("native")) {
  results.native = benchNative({
    run,
    table,
    row,
    failures,
    rounds: Number(values.rounds),
    peers: native,
    python: process.env.SIGIL_PYTHON,
    only: new RegExp(process.env.SIGIL_BENCH_ONLY ?? ""),
  });
}

if (wanted.includes("quantized"))
  results.quantized = benchQuantized({
    ...{ node, run, table, row, failures },
    rounds: Number(values.rounds),
  });

if (wanted.includes("serving"))
  results.serving = await benchServing({ table, row, failures, seconds: Number(values.seconds) });

if (wanted.includes("tokenizer")) {
  table(
    "Tokenizer on the fixtures' texts",
    "tokenizer.json",
    "texts",
    "exact: Sigil",
    "peer",
    "reading",
    "Sigil",
    "@huggingface/tokenizers",
    "Sigil is faster by",
    "Sigil, spiece.model",
  );
  results.tokenizer = run("tokenizer.mjs");
  for (const [name, { texts, exact, first, again }] of Object.entries(results.tokenizer)) {
    if (exact.sigil !== texts)
      failures.push(
        `${name}: Sigil's ids are those of tokenizers on ${exact.sigil} of ${texts} texts`,
      );
    for (const [reading, times] of Object.entries({ first, again }))
      row(
        name,
        texts,
        exact.sigil,
        exact.peer,
        reading,
        milliseconds(times.sigil),
        milliseconds(times.peer),
        (times.peer.median / times.sigil.median).toFixed(2),
        times.spiece ? milliseconds(times.spiece) : "",
      );
  }
}

if (wanted.includes("image")) {
  table(
    "Resize to 224x224, bicubic (sharp does not compute Pillow's pixels)",
    "from",
    "resize",
    "preprocess",
    "sharp, 1 thread",
    `sharp, ${availableParallelism()} threads`,
    "resize / sharp, 1 thread",
    "preprocess / sharp, 1 thread",
  );
  results.image = run("image.mjs");
  for (const [from, times] of Object.entries(results.image)) {
    const ratio = (side) => (times[side].median / times.sharp1.median).toFixed(2);
    row(from, ...Object.values(times).map(milliseconds), ratio("resize"), ratio("preprocess"));
  }
}
// A file of the native figures alone has them at its top, as others read it.
const written = wanted.join() === "native" ? results.native : results;
if (values.json) writeFileSync(values.json, `${JSON.stringify(written, undefined, 2)}\n`);
for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 ? 1 : 0;
