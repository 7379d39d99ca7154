// Runs every comparison and prints tables: node main.mjs [--json FILE] [--rounds N]
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { json: { type: "string" }, rounds: { type: "string", default: "7" } } });
const cwd = fileURLToPath(new URL(".", import.meta.url));
if (!existsSync(new URL("node_modules/onnxruntime-web", import.meta.url))) {
  console.error("installing the peers into bench/node_modules");
  // onnxruntime-node's install script only downloads its CUDA parts.
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd, stdio: "inherit", env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" } });
}
const run = (script, args = [], flags = []) => JSON.parse(execFileSync("node", [...flags, script, ...args.map(String)], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 26 }).trim().split("\n").at(-1));
const milliseconds = (time) => `${time.median.toFixed(1)} (${time.minimum.toFixed(1)})`;
const row = (...cells) => console.log(`| ${cells.join(" | ")} |`);
const results = { cpu: cpus()[0].model, processors: availableParallelism(), node: process.version };
console.log(`${results.cpu}, ${results.processors} processors, Node ${results.node}; milliseconds are medians (minima) of interleaved rounds\n`);

console.log("Image tower of base-patch16-224, float32, one picture\n");
row("threads", "side", "ms", "GFLOP/s", "Sigil is faster by", "first result, s", "largest difference");
row("---", "---", "---", "---", "---", "---", "---");
results.tower = [];
for (const [threads, flags] of [[1, []], [2, []], [1, ["--experimental-wasm-relaxed-simd"]], [2, ["--experimental-wasm-relaxed-simd"]]]) {
  const one = run("image-tower.mjs", ["sigil,web,native", threads, values.rounds], flags);
  results.tower.push(one);
  for (const [side, time] of Object.entries(one.times)) {
    if (one.difference[side] > 1e-4) throw new Error(`${side} differs from Sigil by ${one.difference[side]}`);
    const label = side === "sigil" ? `sigil${one.relaxedSimd ? ", relaxed SIMD" : ""}` : `onnxruntime-${side}`;
    row(threads, label, milliseconds(time), (one.flops / time.median / 1e6).toFixed(1), (time.median / one.times.sigil.median).toFixed(2), (one.first[side] / 1e3).toFixed(2), one.difference[side].toExponential(1));
  }
}

console.log("\nPeak memory of a process that loads and runs the tower, MB\n");
row("side", "resident", "weights + arena");
row("---", "---", "---");
results.memory = {};
const artifact = join(mkdtempSync(join(tmpdir(), "sigil-bench-")), "artifact.json");
run("image-tower.mjs", ["sigil", 1, 1, "--compile", artifact]);
for (const side of ["sigil", "web", "native"]) {
  const one = run("image-tower.mjs", [side, 1, 1, artifact]);
  results.memory[side] = one.peakBytes;
  row(side, (one.peakBytes / 1e6).toFixed(0), one.weightBytes ? ((one.weightBytes + one.arenaBytes) / 1e6).toFixed(0) : "");
}

console.log("\nTokenizer on the fixtures' texts\n");
row("tokenizer.json", "texts", "ids as tokenizers: Sigil", "peer", "Sigil", "@huggingface/tokenizers", "Sigil is faster by", "from spiece.model");
row("---", "---", "---", "---", "---", "---", "---", "---");
results.tokenizer = run("tokenizer.mjs");
for (const [name, { texts, exact, times }] of Object.entries(results.tokenizer)) row(name, texts, exact.sigil, exact.peer, milliseconds(times.sigil), milliseconds(times.peer), (times.peer.median / times.sigil.median).toFixed(2), times.spiece ? milliseconds(times.spiece) : "");

console.log("\nResize to 224x224, bicubic (sharp does not compute Pillow's pixels)\n");
row("from", "resize", "preprocess", "sharp", "resize over sharp", "preprocess over sharp");
row("---", "---", "---", "---", "---", "---");
results.image = run("image.mjs");
for (const [from, times] of Object.entries(results.image)) row(from, milliseconds(times.resize), milliseconds(times.preprocess), milliseconds(times.peer), (times.resize.median / times.peer.median).toFixed(2), (times.preprocess.median / times.peer.median).toFixed(2));
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
