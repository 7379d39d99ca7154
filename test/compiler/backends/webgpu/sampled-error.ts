/**
 * The error of some of a kernel's outputs: the float64 meaning of a smaller problem, whose operands
 * are those that these outputs depend on.
 */
import {
  evaluateProblem,
  type AttentionProblem,
  type GemmProblem,
  type Problem,
} from "@sigil/compiler/internal";
import { valueOf, type Symbols } from "@sigil/runtime/internal";
import { errorOf } from "../problems.ts";
import { runKernel } from "./run-kernel.ts";

/** First, last and a few between, so that every remainder of a tile of four is met. */
function picked(count: number, most = 13): number[] {
  const step = Math.max(1, Math.floor((count - 1) / (most - 1)));
  return [...new Set([...Array.from({ length: most }, (_, i) => i * step), count - 1])].filter(
    (i) => i < count,
  );
}

const gathered = (count: number, at: (i: number) => number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => at(i));

/** One row of A: a matrix's, or the patch of a picture, channel by channel and line by line. */
function rowOfA({ a, depth }: GemmProblem, data: Float32Array, row: number): number[] {
  if (a.kind === "rows") return Array.from(data.subarray(row * a.stride, row * a.stride + depth));
  if (a.kind !== "patches") throw new Error("bytes are not sampled");
  const cells = a.gridHeight * a.gridWidth;
  const corner = {
    image: Math.floor(row / cells),
    y: Math.floor((row % cells) / a.gridWidth) * a.patch,
    x: (row % a.gridWidth) * a.patch,
  };
  const found: number[] = [];
  for (let channel = 0; channel < a.channels; channel++)
    for (let y = 0; y < a.patch; y++) {
      const line =
        ((corner.image * a.channels + channel) * a.height + corner.y + y) * a.width + corner.x;
      found.push(...data.subarray(line, line + a.patch));
    }
  return found;
}

function gemm(
  problem: GemmProblem,
  operands: readonly Float32Array[],
  output: Float32Array,
  symbols: Symbols,
): number {
  const { depth, epilogueOperands } = problem;
  const [rowCount, columnCount] = [
    valueOf(problem.rows, symbols),
    valueOf(problem.columns, symbols),
  ];
  const [rows, columns] = [picked(rowCount), picked(columnCount, 33)];
  const [a, b] = operands as [Float32Array, Float32Array];
  const element = (i: number): [number, number] => [
    rows[Math.floor(i / columns.length)]!,
    columns[i % columns.length]!,
  ];
  const extra = epilogueOperands.map(({ index, period }, k) => {
    const data = operands[2 + k]!;
    if (index === "scalar") return gathered(1, () => data[0]!);
    if (index === "column") return gathered(columns.length, (i) => data[columns[i]!]!);
    return gathered(rows.length * columns.length, (i) => {
      const [row, column] = element(i);
      return data[(index === "element" ? row : row % period!) * columnCount + column]!;
    });
  });
  const expected = new Float64Array(rows.length * columns.length);
  const small: GemmProblem = {
    ...problem,
    rows: rows.length,
    columns: columns.length,
    a: { kind: "rows", stride: depth },
    epilogueOperands: epilogueOperands.map(({ name, index }) => ({
      name,
      index: index === "periodic" ? "element" : index,
    })),
  };
  evaluateProblem(
    small,
    [
      Float64Array.from(rows.flatMap((row) => rowOfA(problem, a, row))),
      Float64Array.from(
        columns.flatMap((column) => Array.from(b.subarray(column * depth, (column + 1) * depth))),
      ),
      ...extra,
      expected,
    ],
    {},
  );
  return errorOf({
    actual: gathered(expected.length, (i) => output[element(i)[0] * columnCount + element(i)[1]]!),
    expected,
  });
}

/** A few queries of the first and the last head, of the last of the batch. */
function attention(
  problem: AttentionProblem,
  operands: readonly Float32Array[],
  output: Float32Array,
  symbols: Symbols,
): number {
  const { heads, headSize, queries, keys } = problem;
  if (problem.probabilities) throw new Error("probabilities are not sampled");
  const batch = valueOf(problem.batch, symbols) - 1;
  const [q, k, v, mask] = operands as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array | undefined,
  ];
  const own = picked(queries);
  return Math.max(
    ...[...new Set([0, heads - 1])].map((head) => {
      const channels = (data: Float32Array, rows: readonly number[], stride: number) =>
        Float64Array.from(
          rows.flatMap((row) =>
            Array.from(
              data.subarray(row * stride + head * headSize, row * stride + (head + 1) * headSize),
            ),
          ),
        );
      const all = Array.from({ length: keys }, (_, key) => batch * keys + key);
      const expected = new Float64Array(own.length * headSize);
      const small: AttentionProblem = {
        ...problem,
        batch: 1,
        heads: 1,
        queries: own.length,
        queryStride: headSize,
        keyStride: headSize,
        valueStride: headSize,
      };
      const first = problem.sharedQuery ? 0 : batch * queries;
      evaluateProblem(
        small,
        [
          channels(
            q,
            own.map((query) => first + query),
            problem.queryStride,
          ),
          channels(k, all, problem.keyStride),
          channels(v, all, problem.valueStride),
          ...(mask ? [Float64Array.from(mask.subarray(batch * keys))] : []),
          expected,
        ],
        {},
      );
      return errorOf({
        actual: channels(
          output,
          own.map((query) => batch * queries + query),
          heads * headSize,
        ),
        expected,
      });
    }),
  );
}

/**
 * Runs the problem on random operands; the worst error of a sample of its outputs, or of all where
 * they are cheap, as a part of the largest expected magnitude.
 */
export async function sampledError(
  problem: Problem,
  options: Parameters<typeof runKernel>[1] & object,
): Promise<number> {
  const symbols = options.symbols ?? {};
  const { operands, outputs } = await runKernel(problem, options);
  const [output] = outputs as readonly [Float32Array];
  if (problem.family === "gemm") return gemm(problem, operands, output, symbols);
  if (problem.family === "attention") return attention(problem, operands, output, symbols);
  const expected = new Float64Array(output.length);
  evaluateProblem(problem, [...operands.map((data) => Float64Array.from(data)), expected], symbols);
  return errorOf({ actual: output, expected });
}
