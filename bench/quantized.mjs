/** Quantised weights beside 16 bits, and beside onnxruntime-web on what transformers.js ships. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const storages = ["float16", "int8", "int4", "nf4"].map((storage) => `sigil:${storage}`);
/** Integers are multiplied on the CPU alone. */
const integers = "sigil:int8-activations";
const own = {
  cpu: [...storages, integers],
  native: ["sigil:float32", "sigil:bfloat16", ...storages, integers],
  webgpu: storages,
};
/** onnxruntime-web has no shaders for q8, whose products it would compute on the CPU. */
const peers = {
  cpu: ["web:exported", "web:q8", "web:q4"],
  native: ["node:exported", "node:q8", "node:q4"],
  webgpu: ["web:q4"],
};
const backendNames = {
  cpu: "WebAssembly, one thread",
  native: "the native addon, one thread",
  webgpu: "WebGPU",
};
const shapes = fileURLToPath(
  new URL("../test/fixtures/checkpoints/siglip-shapes", import.meta.url),
);
/** Of the time with 16 bits. */
const slowest = 1.1;

export function benchQuantized({ node, run, table, row, failures, rounds }) {
  const folder = mkdtempSync(join(tmpdir(), "sigil-bench-quantized-"));
  const results = {};
  try {
    const base = join(folder, "base");
    const trained = join(folder, "shapes");
    for (const one of [base, trained]) mkdirSync(one);
    node("prepare-quantized.mjs", [base]);
    node("prepare-quantized.mjs", [trained, shapes]);
    results.trained = cosines(run, table, row, trained);
    for (const backend of Object.keys(own))
      results[backend] = times({ run, table, row, failures, rounds }, base, backend);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return results;
}

/** A trained model, of whose answers something can be said. */
function cosines(run, table, row, folder) {
  const { sides } = run("quantized-tower.mjs", [
    ...[folder, "cpu"],
    ["sigil:float32", ...own.cpu, ...peers.cpu],
    0,
  ]);
  table(
    "Image tower of siglip-shapes, which is trained: cosines to float32 on its samples",
    "side",
    "MB",
    "least",
    "mean",
  );
  for (const [name, { bytes, least, mean }] of Object.entries(sides))
    row(name, (bytes / 1e6).toFixed(2), least.toFixed(5), mean.toFixed(5));
  return sides;
}

function times({ run, table, row, failures, rounds }, folder, backend) {
  const names = [...own[backend], ...peers[backend]];
  const count = backend === "webgpu" ? Math.min(rounds, 3) : rounds;
  const { sides, adapter } = run("quantized-tower.mjs", [folder, backend, names, count]);
  table(
    `Image tower of base-patch16-224, one picture, ${backendNames[backend]}` +
      (adapter === undefined ? "" : ` on ${adapter}`),
    "side",
    "MB",
    "ms",
    "processor ms",
    "of 16 bits",
    "of a fresh process: loading, s",
    "processor s",
    "peak resident, MB",
  );
  const half = sides["sigil:float16"];
  const fresh = {};
  for (const name of names) {
    const of = sides[name];
    const one = run("quantized-tower.mjs", [folder, backend, name, 0]);
    fresh[name] = { ...one.sides[name], peak: one.peakBytes };
    Object.assign(of, { fresh: fresh[name] });
    const ratio = of.busy / half.busy;
    row(
      name,
      (of.bytes / 1e6).toFixed(1),
      `${of.median.toFixed(0)} (${of.minimum.toFixed(0)})`,
      of.busy.toFixed(0),
      ratio.toFixed(2),
      (fresh[name].load / 1e3).toFixed(2),
      (fresh[name].loadBusy / 1e3).toFixed(2),
      (one.peakBytes / 1e6).toFixed(0),
    );
    if (!name.startsWith("sigil:") || /:b?float/.test(name)) continue;
    const bars = [
      ["ms", ratio, slowest],
      ["loading", fresh[name].loadBusy / fresh["sigil:float16"].loadBusy, 1],
      ["peak", one.peakBytes / fresh["sigil:float16"].peak, 1],
    ];
    for (const [what, measured, bar] of bars)
      if (!(measured <= bar))
        failures.push(`${name}, ${backend}: ${what} is ${measured.toFixed(2)} of 16 bits'`);
  }
  return sides;
}
