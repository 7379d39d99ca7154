/** Problems that every backend's kernels are compared on. */
import {
  accumulator,
  binary,
  constant,
  operand,
  unary,
  type EpilogueOperand,
  type Expression,
  type GemmProblem,
  type MapProblem,
} from "@sigil/compiler/internal";

/** Contiguous rows by a float32 weight, with nothing behind the sums. */
export const gemm = (
  rows: GemmProblem["rows"],
  columns: number,
  depth: number,
  more: Partial<GemmProblem> = {},
): GemmProblem => ({
  family: "gemm",
  rows,
  columns,
  depth,
  b: { kind: "weight", storage: "float32" },
  a: { kind: "rows", stride: depth },
  epilogue: accumulator,
  epilogueOperands: [],
  ...more,
});

/** Rows and a weight that are both rounded to int8. */
export const integerGemm = (
  rows: GemmProblem["rows"],
  columns: number,
  depth: number,
  more: Partial<GemmProblem> = {},
): GemmProblem =>
  gemm(rows, columns, depth, {
    b: { kind: "weight", storage: { bits: 8, group: depth }, activations: "int8" },
    ...more,
  });

/** An operand of an epilogue for each way of finding its values. */
export const epilogueOperands: readonly EpilogueOperand[] = [
  { name: "bias", index: "column" },
  { name: "residual", index: "element" },
  { name: "position", index: "periodic", period: 5 },
  { name: "factor", index: "scalar" },
];

/** An epilogue that reads all of `epilogueOperands`. */
export const everyOperand = epilogueOperands.reduce<Expression>(
  (x, { name }) => binary("add", binary("mul", x, constant(0.5)), unary("exp", operand(name))),
  accumulator,
);

/** Copies six rows of a grid, and the first three again, to rows of another. */
export const gridMap = (width: number): MapProblem => ({
  family: "map",
  rows: 9,
  width,
  expression: operand("x"),
  operands: [
    {
      name: "x",
      index: "strided",
      stride: 2 * width,
      first: width,
      lines: { of: 3, stride: 7 * width },
      period: 6,
    },
  ],
  // Three by three, columns first, so that each is written.
  written: { stride: 3 * width, first: 0, lines: { of: 3, stride: width } },
});
