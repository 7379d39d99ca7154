/** Norms and means over rows. */
import { multiply } from "../../ir/extent.ts";
import { rowOperands } from "../../kernels/operands.ts";
import type { MeanProblem, RowReduceProblem } from "../../kernels/problem.ts";
import type { EmitContext, Emitted } from "./emitted.ts";
import { alignedRun } from "./operands.ts";
import { selectRow } from "./select.ts";
import { count, floatLiteral, instance, pointer } from "./source.ts";

export function emitRowReduce(problem: RowReduceProblem, context: EmitContext): Emitted {
  if (problem.kind === "mean") return emitMean(problem, context);
  const { operands } = context;
  const { kind, width, epsilon, rows } = problem;
  const { lanes, threads, run, kept } = selectRow(problem, operands);
  const sharedBytes = lanes === 32 ? 0 : (threads / 32) * 4;
  const { x, weight, bias, out } = rowOperands(problem, operands);
  return {
    text: {
      includes: ["row_reduce/normalize.cuh"],
      threads,
      blocks: lanes === 32 ? 4 : 2,
      declarations: [
        `using Config = ${instance("RowConfig", width, run, lanes, threads, kept)};`,
        `static_assert(Config::shared_bytes == ${sharedBytes}, "the compiler launches ` +
          `another shape");`,
      ],
      parameters: [
        pointer(x, "x"),
        ...(weight ? [pointer(weight, "weight")] : []),
        ...(bias ? [pointer(bias, "bias")] : []),
        pointer(out, "y"),
        count("rows"),
      ],
      statements: [
        instance(
          "normalize_rows",
          "Config",
          `Norm::${kind}`,
          weight !== undefined,
          bias !== undefined,
        ) +
          "(x, " +
          `${weight ? "weight" : "nullptr"}, ${bias ? "bias" : "nullptr"}, y, rows, ` +
          `${floatLiteral(epsilon)});`,
      ],
    },
    choice:
      `${lanes === 32 ? "a warp" : "a block"} per row, ` +
      `${kept ? "kept in registers" : "read again by each pass"}`,
    kernel: { grid: [{ of: rows, per: threads / lanes }], threads, sharedBytes, tensorMaps: [] },
    extents: [rows],
  };
}

const meanThreads = 256;

function emitMean(problem: MeanProblem, { operands }: EmitContext): Emitted {
  const { rows, width, reduced } = problem;
  const { x, mask, out } = rowOperands(problem, operands);
  const run = Math.min(alignedRun(x, [width], 4), alignedRun(out, [width], 4));
  const sharedBytes = meanThreads * (run + 1) * 4;
  return {
    text: {
      includes: ["row_reduce/mean.cuh"],
      threads: meanThreads,
      blocks: 2,
      declarations: [
        `static_assert(mean_shared_bytes<${run}, ${meanThreads}> == ${sharedBytes}, "the ` +
          `compiler launches another shape");`,
      ],
      parameters: [
        pointer(x, "x"),
        ...(mask ? [pointer(mask, "mask")] : []),
        pointer(out, "y"),
        count("rows"),
      ],
      statements: [
        "(void)rows;",
        `${instance("mean_rows", width, reduced, run, meanThreads, mask !== undefined)}(x, ` +
          `${mask ? "mask" : "static_cast<const float*>(nullptr)"}, y);`,
      ],
    },
    choice: `a block per ${32 * run} channels of a row`,
    kernel: {
      grid: [{ of: multiply(rows, Math.ceil(width / (32 * run))), per: 1 }],
      threads: meanThreads,
      sharedBytes,
      tensorMaps: [],
    },
    extents: [rows],
  };
}
