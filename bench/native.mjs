/** The native addon beside onnxruntime-node, both sides of a figure in one process, in turn. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { forms } from "./encoder-graph.mjs";

const cases = [
  ["siglip-base-patch16-224", "vision", "float32", 1],
  ["siglip-base-patch16-224", "vision", "bfloat16", 1],
  ["siglip-base-patch16-224", "vision", "float32", 8],
  ["siglip-base-patch16-224", "text", "float32", 1],
  ["siglip-base-patch16-224", "text", "bfloat16", 1],
  ["siglip-so400m-patch14-384", "vision", "float32", 1],
  ["siglip-so400m-patch14-384", "vision", "bfloat16", 1],
];

/** Milliseconds of a tower in PyTorch, in a process of its own. */
const pytorch = (python, ...parameters) =>
  JSON.parse(
    execFileSync(
      python,
      [join(import.meta.dirname, "native_pytorch.py"), ...parameters.map(String)],
      {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
      },
    ),
  );

/**
 * Results by `model.tower.storage.threads`, with the batch behind it where that is not one;
 * `peers`: whether onnxruntime-node is there; `python`: one that has PyTorch and transformers;
 * `only`: of `model tower storage batch`.
 */
export function benchNative({ run, table, row, failures, rounds, peers, python, only }) {
  const folder = mkdtempSync(join(tmpdir(), "sigil-bench-native-"));
  const results = {};
  try {
    table(
      "The native addon, one process a line, sides in turn: minima (medians), with one thread of " +
        `processor time, else of the clock (load average ${loadavg()[0].toFixed(1)})`,
      "model, tower, storage, threads, batch",
      "instruction set",
      "Sigil, ms",
      "onnxruntime-node exported, ms",
      "contrib, ms",
      "PyTorch, ms",
      "Sigil is faster than the better onnxruntime by",
      "share of peak",
      "Gemms' share of peak",
      "at their least disturbed",
      "first result, ms",
      "onnxruntime's",
      "peak resident above weights, MB",
      "largest difference",
    );
    for (const [model, tower, storage, batch] of cases)
      for (const threads of [1, 2]) {
        const name = model.replace("siglip-", "");
        if (!only.test(`${name} ${tower} ${storage} ${batch}`)) continue;
        const peerForms = peers && storage === "float32" ? forms : [];
        const of = (sides, count) =>
          run("native-tower.mjs", [model, tower, storage, threads, batch, count, folder, sides]);
        // Some seconds of each side at least.
        const count = name.startsWith("so") ? 3 : batch > 1 ? Math.max(5, rounds >> 1) : rounds;
        const one = of(["sigil", ...peerForms], count);
        const first = of(["sigil"], 0);
        const theirs = peerForms.length > 0 ? of(["exported"], 0) : undefined;
        const torch =
          python && batch === 1 ? pytorch(python, model, tower, storage, threads) : null;
        const { sigil, exported, contrib } = one.times;
        const best = Math.min(exported?.minimum ?? Infinity, contrib?.minimum ?? Infinity);
        const faster = Math.min(...Object.values(one.faster));
        const above = (first.peakBytes - first.weightBytes) / 1e6;
        if (!(one.difference < 1e-4)) failures.push(`${name} differs by ${one.difference}`);
        results[`${name}.${tower}.${storage}.${threads}${batch > 1 ? `.batch${batch}` : ""}`] = {
          sigil_ms: sigil.minimum,
          sigil_median_ms: sigil.median,
          onnxruntime_ms: Number.isFinite(best) ? best : null,
          faster_than_onnxruntime: Number.isFinite(faster) ? faster : null,
          pytorch_ms: torch,
          share_of_peak: one.share ?? null,
          gemm_share_of_peak: one.gemmShare ?? null,
          least_disturbed_gemm_share_of_peak: one.bestGemmShare ?? null,
          instruction_set: one.set,
          peak_gflops: one.peak / 1e9,
          first_ms: first.firstMilliseconds,
          onnxruntime_first_ms: theirs?.firstMilliseconds ?? null,
          peak_bytes: first.peakBytes,
          weight_bytes: first.weightBytes,
        };
        const percent = (part) => (part === undefined ? "" : `${(100 * part).toFixed(0)} %`);
        const shown = (time) =>
          time ? `${time.minimum.toFixed(1)} (${time.median.toFixed(1)})` : "";
        row(
          `${name} ${tower}, ${storage}, ${threads}, ${batch}`,
          one.set,
          shown(sigil),
          shown(exported),
          shown(contrib),
          torch === null ? "" : torch.toFixed(1),
          Number.isFinite(faster) ? faster.toFixed(2) : "",
          percent(one.share),
          percent(one.gemmShare),
          percent(one.bestGemmShare),
          first.firstMilliseconds.toFixed(0),
          theirs ? theirs.firstMilliseconds.toFixed(0) : "",
          above.toFixed(0),
          one.difference.toExponential(1),
        );
      }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return results;
}
