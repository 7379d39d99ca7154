/** The native addon beside onnxruntime-node, both sides of a figure in one process, in turn. */
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";

const cases = [
  ["siglip-base-patch16-224", "vision", "float32", 1],
  ["siglip-base-patch16-224", "vision", "bfloat16", 1],
  ["siglip-base-patch16-224", "vision", "float32", 8],
  ["siglip-base-patch16-224", "text", "float32", 1],
  ["siglip-base-patch16-224", "text", "bfloat16", 1],
  ["siglip-so400m-patch14-384", "vision", "float32", 1],
  ["siglip-so400m-patch14-384", "vision", "bfloat16", 1],
];

/**
 * Results by `model.tower.storage.threads`, with the batch behind it where that is not one;
 * `peers`: whether onnxruntime-node is there; `only`: of `model tower storage batch`.
 */
export function benchNative({ run, table, row, failures, rounds, peers, only }) {
  const folder = mkdtempSync(join(tmpdir(), "sigil-bench-native-"));
  const results = {};
  try {
    table(
      "The native addon, one process a line, sides in turn (load average " +
        `${loadavg()[0].toFixed(1)})`,
      "model, tower, storage, threads, batch",
      "instruction set",
      "Sigil, ms (least), processor ms",
      "onnxruntime-node exported, ms",
      "contrib, ms",
      "Sigil is faster by",
      "share of peak",
      "Gemms' share of peak",
      "first result, ms",
      "onnxruntime's",
      "peak resident above weights, MB",
      "largest difference",
    );
    for (const [model, tower, storage, batch] of cases)
      for (const threads of [1, 2]) {
        const name = model.replace("siglip-", "");
        if (!only.test(`${name} ${tower} ${storage} ${batch}`)) continue;
        const forms =
          peers && tower === "vision" && storage === "float32" ? ["exported", "contrib"] : [];
        const of = (sides, count) =>
          run("native-tower.mjs", [model, tower, storage, threads, batch, count, folder, sides]);
        const one = of(["sigil", ...forms], name.startsWith("so") ? Math.min(rounds, 3) : rounds);
        const first = of(["sigil"], 0);
        const theirs = forms.length > 0 ? of(["exported"], 0) : undefined;
        const { sigil, exported, contrib } = one.times;
        const share = one.peak > 0 ? one.flops / (sigil.minimum * 1e-3) / one.peak : null;
        const best = Math.min(exported?.median ?? Infinity, contrib?.median ?? Infinity);
        const above = (first.peakBytes - first.weightBytes) / 1e6;
        if (!(one.difference < 1e-4)) failures.push(`${name} differs by ${one.difference}`);
        results[`${name}.${tower}.${storage}.${threads}${batch > 1 ? `.batch${batch}` : ""}`] = {
          sigil_ms: sigil.median,
          sigil_processor_ms: sigil.busy,
          onnxruntime_processor_ms: exported ? Math.min(exported.busy, contrib.busy) : null,
          onnxruntime_ms: Number.isFinite(best) ? best : null,
          share_of_peak: share,
          gemm_share_of_peak: one.peak > 0 ? one.gemmShare : null,
          instruction_set: one.set,
          peak_gflops: one.peak / 1e9,
          first_ms: first.firstMilliseconds,
          onnxruntime_first_ms: theirs?.firstMilliseconds ?? null,
          peak_bytes: first.peakBytes,
          weight_bytes: first.weightBytes,
        };
        const percent = (part) => (part === null ? "" : `${(100 * part).toFixed(0)} %`);
        const shown = (time) =>
          time
            ? `${time.median.toFixed(1)} (${time.minimum.toFixed(1)}), ${time.busy.toFixed(0)}`
            : "";
        row(
          `${name} ${tower}, ${storage}, ${threads}, ${batch}`,
          one.set,
          shown(sigil),
          shown(exported),
          shown(contrib),
          Number.isFinite(best) ? (best / sigil.median).toFixed(2) : "",
          percent(share),
          percent(one.peak > 0 ? one.gemmShare : null),
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
