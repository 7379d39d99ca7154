// node cycle.mjs CYCLES OPTIONS: loads, runs and disposes of siglip-shapes so many times with these
// options, files and all, and prints what the process holds after the first cycles and at most.
import { existsSync, readdirSync } from "node:fs";
import { openCheckpoint } from "@sigil/runtime/node";
import { SiglipShapes } from "../../generated/siglip-shapes/index.js";

const [cycles, options] = process.argv.slice(2).map((text) => JSON.parse(text));
const folder = new URL("../fixtures/checkpoints/siglip-shapes", import.meta.url);
const pixelValues = { data: new Float32Array(3 * 64 * 64).fill(0.5), shape: [1, 3, 64, 64] };
const inputIds = [new Array(SiglipShapes.textLength).fill(3)];

const entries = (path) => (existsSync(path) ? readdirSync(path).length : 0);
const held = () => ({
  megabytes: Math.round(process.memoryUsage().rss / 1e6),
  threads: entries("/proc/self/task"),
  files: entries("/proc/self/fd"),
  resources: process.getActiveResourcesInfo().length,
});

async function cycle() {
  const checkpoint = await openCheckpoint(folder.pathname);
  const model = await SiglipShapes.load(checkpoint.weights, { backend: "cpu", ...options });
  const { logitsPerImage } = await model.forward({ pixelValues, inputIds });
  await model.dispose();
  await checkpoint.close();
  return logitsPerImage.data[0];
}

const began = performance.now();
const wanted = await cycle();
const first = held();
const most = { ...first };
for (let i = 1; i < cycles; i++) {
  if ((await cycle()) !== wanted) throw new Error(`cycle ${i} gives another logit`);
  const now = held();
  for (const key of Object.keys(most)) most[key] = Math.max(most[key], now[key]);
}
const seconds = Math.round((performance.now() - began) / 1000);
console.log(JSON.stringify({ first, most, last: held(), seconds }));
