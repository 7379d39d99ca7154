/**
 * The meaning of each kernel problem in float64, straight from its statement: fused programs are
 * compared with unfused graphs through it.
 */
import { entryOf } from "@sigil/spec";
import { evaluate as evaluateExpression } from "../expr/scalar-functions.ts";
import { elements, valueOf } from "../ir/extent.ts";
import { defaultInput } from "../oracle.ts";
import { interpolateGrid } from "../ops/interpolate-grid.ts";
import { dense } from "../ops/op.ts";
import { foldRows } from "./fold-rows.ts";
import type { LoweredOperand, LoweredProgram } from "./lowered.ts";
import {
  attentionOperands,
  gemmOperands,
  mapOperands,
  operandNamed,
  rowOperands,
} from "./operands.ts";
import type {
  AttentionProblem,
  EpilogueOperand,
  GemmProblem,
  MapProblem,
  Problem,
  RowReduceProblem,
  StridedRows,
} from "./problem.ts";

type Symbols = Readonly<Record<string, number>>;
type Arrays = readonly Float64Array[];

const pick = (
  operand: EpilogueOperand,
  data: Float64Array,
  row: number,
  column: number,
  columns: number,
): number =>
  data[
    operand.index === "scalar"
      ? 0
      : operand.index === "column"
        ? column
        : (operand.index === "periodic" ? row % operand.period : row) * columns + column
  ]!;

function gemm(problem: GemmProblem, arrays: Arrays, symbols: Symbols): void {
  const [rows, columns] = [valueOf(problem.rows, symbols), valueOf(problem.columns, symbols)];
  const { a, b, epilogue, c } = gemmOperands(problem, arrays);
  const shape = problem.a;
  const read = (row: number, k: number): number => {
    if (shape.kind === "rows") return a[row * shape.stride + k]!;
    const { channels, height, width, patch, gridHeight, gridWidth } = shape;
    const [image, cell] = [
      Math.floor(row / (gridHeight * gridWidth)),
      row % (gridHeight * gridWidth),
    ];
    if (shape.kind === "byte_patches") {
      const [pixel, channel] = [Math.floor(k / channels), k % channels];
      const y = Math.floor(cell / gridWidth) * patch + Math.floor(pixel / patch);
      return a[
        ((image * height + y) * width + (cell % gridWidth) * patch + (pixel % patch)) * channels +
          channel
      ]!;
    }
    const [channel, inside] = [Math.floor(k / (patch * patch)), k % (patch * patch)];
    const y = Math.floor(cell / gridWidth) * patch + Math.floor(inside / patch);
    return a[
      ((image * channels + channel) * height + y) * width +
        (cell % gridWidth) * patch +
        (inside % patch)
    ]!;
  };
  const rounds = problem.b.kind === "weight" && problem.b.activations === "int8";
  for (let row = 0; row < rows; row++) {
    const given = Float64Array.from({ length: problem.depth }, (_, k) => read(row, k));
    const values = rounds ? roundedRow(given) : given;
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < problem.depth; k++) sum += values[k]! * b[column * problem.depth + k]!;
      const operands = Object.fromEntries(
        epilogue.map(({ place, operand }) => [
          place.name,
          pick(place, operand, row, column, columns),
        ]),
      );
      c[row * columns + column] = evaluateExpression(problem.epilogue, {
        accumulator: sum,
        operands,
      });
    }
  }
}

/**
 * A row as integers times a scale, see GemmProblem; in float32, since rounding must be the same.
 */
function roundedRow(values: Float64Array): Float64Array {
  const most = values.reduce((a, x) => Math.max(a, Math.abs(x)), 0);
  if (most === 0) return values;
  const inverse = Math.fround(127 / Math.fround(most));
  return values.map((x) => (nearest(Math.fround(x * inverse)) * Math.fround(most)) / 127);
}

/** The integer next to a number; of two the even one. */
function nearest(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function attention(problem: AttentionProblem, arrays: Arrays, symbols: Symbols): void {
  const { heads, headSize, queries, keys } = problem;
  const { q, k, v, mask, out, probabilities } = attentionOperands(problem, arrays);
  for (let b = 0; b < valueOf(problem.batch, symbols); b++)
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < queries; i++) {
        const query =
          ((problem.sharedQuery ? 0 : b) * queries + i) * problem.queryStride + h * headSize;
        const scores = Float64Array.from({ length: keys }, (_, j) => {
          let dot = 0;
          for (let c = 0; c < headSize; c++)
            dot += q[query + c]! * k[(b * keys + j) * problem.keyStride + h * headSize + c]!;
          return dot * problem.scale + (mask ? mask[b * keys + j]! : 0);
        });
        const top = scores.reduce((x, y) => Math.max(x, y), -Infinity);
        const weights = scores.map((score) => Math.exp(score - top));
        const total = weights.reduce((x, y) => x + y, 0);
        for (let c = 0; c < headSize; c++) {
          let sum = 0;
          for (let j = 0; j < keys; j++)
            sum += weights[j]! * v[(b * keys + j) * problem.valueStride + h * headSize + c]!;
          out[((b * queries + i) * heads + h) * headSize + c] = sum / total;
        }
        if (probabilities)
          for (const [j, w] of weights.entries())
            probabilities[((b * heads + h) * queries + i) * keys + j] = w / total;
      }
}

function rowReduce(problem: RowReduceProblem, arrays: Arrays, symbols: Symbols): void {
  const { width, epsilon } = problem;
  const { x, mask, weight, bias, out } = rowOperands(problem, arrays);
  for (let row = 0; row < valueOf(problem.rows, symbols); row++) {
    if (problem.kind === "mean") {
      const count = problem.reduced;
      const counted = Array.from({ length: count }, (_, r) => r).filter(
        (r) => !mask || mask[row * count + r]! >= 0,
      );
      for (let c = 0; c < width; c++)
        out[row * width + c] =
          counted.reduce((sum, r) => sum + x[(row * count + r) * width + c]!, 0) / counted.length;
      continue;
    }
    const values = x.subarray(row * width, (row + 1) * width);
    const squares = values.reduce((sum, value) => sum + value * value, 0);
    const mean = values.reduce((sum, value) => sum + value, 0) / width;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    for (let c = 0; c < width; c++) {
      const value = values[c]!;
      const scaled =
        problem.kind === "layer_norm"
          ? (value - mean) / Math.sqrt(variance + epsilon)
          : problem.kind === "rms_norm"
            ? value / Math.sqrt(squares / width + epsilon)
            : value / Math.sqrt(squares);
      out[row * width + c] = scaled * (weight?.[c] ?? 1) + (bias?.[c] ?? 0);
    }
  }
}

/** The first element of a row. */
const startOf = ({ stride, first, lines, period }: StridedRows, row: number): number => {
  const own = period === undefined ? row : row % period;
  return lines
    ? first + Math.floor(own / lines.of) * lines.stride + (own % lines.of) * stride
    : first + own * stride;
};

function map(problem: MapProblem, arrays: Arrays, symbols: Symbols): void {
  const { width } = problem;
  const { inputs, out } = mapOperands(problem, arrays);
  const read = (
    place: MapProblem["operands"][number],
    data: Float64Array,
    row: number,
    column: number,
  ): number => {
    switch (place.index) {
      case "strided":
        return data[startOf(place, row) + column]!;
      case "ids":
        return data[row]!;
      case "gathered":
        return data[operandNamed(inputs, place.ids).operand[row]! * width + column]!;
      default:
        return pick(place, data, row, column, width);
    }
  };
  for (let row = 0; row < valueOf(problem.rows, symbols); row++)
    for (let column = 0; column < width; column++) {
      const operands = Object.fromEntries(
        inputs.map(({ place, operand }) => [place.name, read(place, operand, row, column)]),
      );
      const start = startOf(problem.written ?? { stride: width, first: 0 }, row);
      out[start + column] = evaluateExpression(problem.expression, { operands });
    }
}

/** Runs a problem. `arrays` are in the order of its operands; the last ones are written. */
export function evaluateProblem(problem: Problem, arrays: Arrays, symbols: Symbols): void {
  if (problem.family === "gemm") gemm(problem, arrays, symbols);
  else if (problem.family === "attention") attention(problem, arrays, symbols);
  else if (problem.family === "row_reduce") rowReduce(problem, arrays, symbols);
  else map(problem, arrays, symbols);
}

/**
 * Runs a lowered program. `weights` returns whole tensors, row-major. Returns every output by name.
 */
export function evaluateLowered(
  program: LoweredProgram,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
  weights: (tensor: string, shape: readonly number[]) => ArrayLike<number>,
  symbols: Symbols,
): Record<string, Float64Array> {
  const buffers = new Map<number, Float64Array>();
  const given = Object.fromEntries(
    program.inputs.map((input) => [
      input.name,
      inputs[input.name] ?? defaultInput(input, symbols).data,
    ]),
  );
  for (const { name, value } of program.inputs)
    buffers.set(value.id, Float64Array.from(given[name]!));
  for (const gather of program.gathers) {
    const table = weights(gather.table, program.tensors[gather.table]!);
    const ids = given[gather.input]!;
    buffers.set(
      gather.value.id,
      Float64Array.from(
        { length: ids.length * gather.width },
        (_, i) => table[ids[Math.floor(i / gather.width)]! * gather.width + (i % gather.width)]!,
      ),
    );
  }
  const arrayOf = (operand: LoweredOperand): Float64Array => {
    if (operand.kind === "weight")
      return Float64Array.from(
        operand.parts.flatMap(({ tensor, begin, end, resample, fold }) => {
          const shape = program.tensors[tensor]!;
          const row = shape.slice(1).reduce((a, b) => a * b, 1);
          const rows = Float64Array.from(
            Array.from(weights(tensor, shape)).slice(begin * row, end * row),
          );
          if (fold) return Array.from(foldRows(rows, fold));
          return Array.from(
            resample
              ? interpolateGrid.evaluate(
                  [dense([end - begin, row], rows)],
                  {},
                  {
                    height: resample.to[0],
                    width: resample.to[1],
                    mode: resample.mode ?? "bicubic",
                  },
                ).data
              : rows,
          );
        }),
      );
    let buffer = buffers.get(operand.value.id);
    if (!buffer)
      buffers.set(
        operand.value.id,
        (buffer = new Float64Array(valueOf(elements(operand.value.shape), symbols))),
      );
    return buffer.subarray(operand.offset);
  };
  for (const { problem, operands } of [...program.init, ...program.launches])
    evaluateProblem(problem, operands.map(arrayOf), symbols);
  return Object.fromEntries(
    program.outputs.map(({ name, value }) => [name, entryOf(buffers, value.id, "value")]),
  );
}
