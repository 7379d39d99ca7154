/** Norms and means over rows. */
import { multiply } from "../../ir/extent.ts";
import type { RowReduceProblem } from "../../kernels/problem.ts";
import type { EmitContext, Emitted } from "./emitted.ts";
import { alignedRun } from "./operands.ts";
import { selectRow } from "./select.ts";
import { count, floatLiteral, instance, pointer } from "./source.ts";

export function emitRowReduce(problem: RowReduceProblem, context: EmitContext): Emitted {
  if (problem.kind === "mean") return emitMean(problem, context);
  const { operands } = context;
  const { kind, width, epsilon, rows } = problem;
  const { lanes, threads, run, kept } = selectRow(problem, operands);
  const affine = ["weight", "bias"].slice(0, operands.length - 2);
  const sharedBytes = lanes === 32 ? 0 : (threads / 32) * 4;
  const [x, y] = [operands[0]!, operands.at(-1)!];
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
        ...affine.map((name, i) => pointer(operands[1 + i]!, name)),
        pointer(y, "y"),
        count("rows"),
      ],
      statements: [
        `${instance("normalize_rows", "Config", `Norm::${kind}`, affine.length > 0, affine.length > 1)}(x, ` +
          `${affine[0] ?? "nullptr"}, ${affine[1] ?? "nullptr"}, y, rows, ` +
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

function emitMean(
  { rows, width, reduced, mask: masked }: RowReduceProblem,
  { operands }: EmitContext,
): Emitted {
  const [x, y] = [operands[0]!, operands.at(-1)!];
  const run = Math.min(alignedRun(x, [width], 4), alignedRun(y, [width], 4));
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
        ...(masked ? [pointer(operands[1]!, "mask")] : []),
        pointer(y, "y"),
        count("rows"),
      ],
      statements: [
        "(void)rows;",
        `${instance("mean_rows", width, reduced!, run, meanThreads, masked === true)}(x, ` +
          `${masked ? "mask" : "static_cast<const float*>(nullptr)"}, y);`,
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
