/** Kernel problems as text, for `--dump`. */
import { showStorage } from "@sigil/spec";
import { showExpression } from "../expr/show-expression.ts";
import { showShape } from "../ir/extent.ts";
import type {
  AttentionProblem,
  GemmProblem,
  MapProblem,
  Problem,
  RowReduceProblem,
  StridedRows,
} from "./problem.ts";

function showRows({ stride, first, lines, period }: StridedRows): string {
  const grid = lines ? `, lines of ${lines.of} of them ${lines.stride} apart` : "";
  const again = period === undefined ? "" : `, again after ${period}`;
  return `rows ${stride} elements apart${grid}, from ${first} on${again}`;
}

/** How an operand is read: `bias: a value a column`. */
function showOperand(operand: MapProblem["operands"][number]): string {
  const { name, index } = operand;
  switch (index) {
    case "column":
      return `${name}: a value a column`;
    case "element":
      return `${name}: a value an element`;
    case "periodic":
      return `${name}: rows repeat after ${operand.period}`;
    case "scalar":
      return `${name}: one value`;
    case "strided":
      return `${name}: ${showRows(operand)}`;
    case "ids":
      return `${name}: an id a row`;
    case "gathered":
      return `${name}: the rows of a table in ${operand.storage} that ${operand.ids} names`;
  }
}

const list = (items: readonly string[]): string => items.map((item) => `\n     ${item}`).join("");

function showGemm({ rows, columns, depth, a, b, epilogue, epilogueOperands }: GemmProblem): string {
  const left =
    a.kind === "rows"
      ? `rows ${a.stride} apart`
      : `${a.patch}x${a.patch} ${a.kind === "patches" ? "patches" : "patches of bytes"} of ` +
        `${a.channels}x${a.height}x${a.width} pictures`;
  const right =
    b.kind === "weight"
      ? `a weight in ${showStorage(b.storage)}` +
        `${b.activations ? `, rows rounded to ${b.activations}` : ""}`
      : "computed";
  return (
    `gemm ${showShape([rows, columns])}, depth ${depth}; A: ${left}; B: ${right}\n     = ` +
    `${showExpression(epilogue)}${list(epilogueOperands.map(showOperand))}`
  );
}

function showAttention(problem: AttentionProblem): string {
  const { batch, heads, headSize, queries, keys, scale } = problem;
  const notes = [
    `q, k and v ${problem.queryStride}, ${problem.keyStride} and ${problem.valueStride} apart`,
    ...(problem.sharedQuery ? ["one query for every batch"] : []),
    ...(problem.mask ? ["masked"] : []),
    ...(problem.probabilities ? ["probabilities kept"] : []),
  ];
  return (
    `attention ${showShape([batch, heads, queries, headSize])} over ${keys} keys, scale ` +
    `${scale}; ${notes.join("; ")}`
  );
}

function showReduce({ kind, rows, width, reduced, mask, epsilon }: RowReduceProblem): string {
  const notes = [
    ...(reduced === undefined ? [] : [`over ${reduced} rows`]),
    ...(mask ? ["masked"] : []),
    ...(epsilon > 0 ? [`epsilon ${epsilon}`] : []),
  ];
  return [`${kind} of ${showShape([rows, width])}`, ...notes].join(", ");
}

const showMap = ({ rows, width, expression, operands, written }: MapProblem): string =>
  `map ${showShape([rows, width])}${written ? ` to ${showRows(written)}` : ""}\n     = ` +
  `${showExpression(expression)}${list(operands.map(showOperand))}`;

/** A problem on one line, its expression and operands on the next ones. */
export function showProblem(problem: Problem): string {
  switch (problem.family) {
    case "gemm":
      return showGemm(problem);
    case "attention":
      return showAttention(problem);
    case "row_reduce":
      return showReduce(problem);
    case "map":
      return showMap(problem);
  }
}
