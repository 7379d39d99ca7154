/**
 * Random operands for a kernel problem, and how far a result is from what it should be: shared by
 * the backends' tests.
 */
import type { MapProblem, Problem } from "@sigil/compiler/internal";
import {
  dequantize,
  packPanels,
  packQuantizedRows,
  quantize,
  roundToStorage,
  valueOf,
  type Symbols,
} from "@sigil/runtime/internal";
import { isQuantized, weightBytes, type QuantizedStorage, type WeightStorage } from "@sigil/spec";

/** Of the table that a map gathers from: ids are below it. */
export const tableRows = 11;

type StridedRows = NonNullable<MapProblem["written"]>;

/** A small reproducible generator (mulberry32), uniform in [-1, 1). */
export function randomValues(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

/** Where the last row of a grid begins at most. */
const furthest = ({ stride, first, lines, period }: StridedRows, rows: number): number => {
  const last = Math.min(rows, period ?? rows) - 1;
  return lines
    ? first + Math.floor(last / lines.of) * lines.stride + Math.min(last, lines.of - 1) * stride
    : first + last * stride;
};

/** Elements of each operand, outputs last; `outputs` of them are written. */
export function sizes(
  problem: Problem,
  symbols: Symbols,
  operandCount: number,
): { counts: number[]; outputs: number } {
  switch (problem.family) {
    case "gemm": {
      const [rows, columns] = [valueOf(problem.rows, symbols), valueOf(problem.columns, symbols)];
      const { a } = problem;
      const input =
        a.kind === "rows"
          ? (rows - 1) * a.stride + problem.depth
          : Math.ceil(rows / (a.gridHeight * a.gridWidth)) * a.channels * a.height * a.width;
      const extra = problem.epilogueOperands.map((o) =>
        o.index === "scalar"
          ? 1
          : o.index === "column"
            ? columns
            : o.index === "element"
              ? rows * columns
              : o.period! * columns,
      );
      return { counts: [input, columns * problem.depth, ...extra, rows * columns], outputs: 1 };
    }
    case "attention": {
      const [batch, width] = [valueOf(problem.batch, symbols), problem.heads * problem.headSize];
      const span = (rows: number, stride: number) => (rows - 1) * stride + width;
      return {
        counts: [
          span((problem.sharedQuery ? 1 : batch) * problem.queries, problem.queryStride),
          span(batch * problem.keys, problem.keyStride),
          span(batch * problem.keys, problem.valueStride),
          ...(problem.mask ? [batch * problem.keys] : []),
          batch * problem.queries * width,
          ...(problem.probabilities
            ? [batch * problem.heads * problem.queries * problem.keys]
            : []),
        ],
        outputs: problem.probabilities ? 2 : 1,
      };
    }
    case "row_reduce": {
      const rows = valueOf(problem.rows, symbols);
      return {
        counts: [
          rows * problem.width * (problem.reduced ?? 1),
          ...(problem.mask
            ? [rows * problem.reduced!]
            : Array.from({ length: operandCount - 2 }, () => problem.width)),
          rows * problem.width,
        ],
        outputs: 1,
      };
    }
    case "map": {
      const rows = valueOf(problem.rows, symbols);
      const count = (o: (typeof problem.operands)[number]) =>
        o.index === "strided"
          ? furthest(o, rows) + problem.width
          : o.index === "scalar"
            ? 1
            : o.index === "column"
              ? problem.width
              : o.index === "ids"
                ? rows
                : o.index === "gathered"
                  ? tableRows * problem.width
                  : o.index === "element"
                    ? rows * problem.width
                    : o.period! * problem.width;
      const written = problem.written
        ? furthest(problem.written, rows) + problem.width
        : rows * problem.width;
      return { counts: [...problem.operands.map(count), written], outputs: 1 };
    }
  }
}

/** How B is stored, if it is a weight. */
export const storageOf = (problem: Problem): WeightStorage | undefined =>
  problem.family === "gemm" && problem.b.kind === "weight" ? problem.b.storage : undefined;

/** What a storage keeps of the rows of a matrix. */
export const asStored = (
  values: Float32Array,
  columns: number,
  storage: WeightStorage,
): Float32Array =>
  isQuantized(storage)
    ? dequantize(quantize(values, columns, storage), storage)
    : values.map((x) => roundToStorage(x, storage));

/** A matrix in panels, of the values before they are stored. */
export function packedMatrix(
  values: Float32Array,
  shape: {
    readonly rows: number;
    readonly columns: number;
    readonly width: number;
    readonly storage: WeightStorage;
    readonly panelColumns?: number;
  },
): Uint8Array {
  const { rows, columns, storage, width, panelColumns = columns } = shape;
  const bytes = weightBytes(rows, columns, {
    kind: "panels",
    width,
    storage,
    columns: panelColumns,
  });
  const buffer = new ArrayBuffer(bytes);
  if (isQuantized(storage))
    packQuantizedRows(buffer, 0, quantize(values, columns, storage), { ...shape, storage }, 0);
  else packPanels(buffer, 0, values, { ...shape, storage });
  return new Uint8Array(buffer);
}

/** A quantisation of each kind; groups that four and eight divide, that end short, or neither. */
export const quantizations: readonly QuantizedStorage[] = [
  { bits: 8, group: 99999 },
  { bits: 8, group: 32 },
  { bits: 8, group: 5 },
  { bits: 4, group: 32 },
  { bits: 4, group: 99999 },
  { bits: 4, group: 6 },
  { bits: 4, group: 1 },
  { bits: 4, group: 64, book: "nf4" },
  { bits: 4, group: 2, book: "nf4" },
  { bits: 4, group: 16, book: "fp4" },
  { bits: 8, group: 32, zero_point: true },
  { bits: 4, group: 32, zero_point: true },
  { bits: 4, group: 6, zero_point: true },
  { bits: 4, group: 99999, zero_point: true },
];

/** Whether the problem's first operand is bytes. */
export const readsBytes = (problem: Problem): boolean =>
  problem.family === "gemm" && problem.a.kind === "byte_patches";

/** Numbers in [-1, 1) as bytes. */
export const asBytes = (values: Float32Array): Uint8Array =>
  Uint8Array.from(values, (x) => Math.floor((x + 1) * 128));

/**
 * Largest difference as a part of the largest expected magnitude; NaN anywhere in the result is
 * infinite.
 */
export function errorOf({
  actual,
  expected,
}: {
  readonly actual: ArrayLike<number>;
  readonly expected: ArrayLike<number>;
}): number {
  let [difference, size] = [0, 1e-30];
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(
      difference,
      Number.isNaN(actual[i]!) ? Infinity : Math.abs(actual[i]! - expected[i]!),
    );
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return difference / size;
}
