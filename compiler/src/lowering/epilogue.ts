/**
 * Fusion: elementwise ops that follow a product become its epilogue, so that the product is never
 * written (bias, activation, scale, residual, table of positions).
 */
import { operand, type Expression } from "../expr/expression.ts";
import { sameShape } from "../ir/extent.ts";
import type { Node, Value } from "../ir/graph.ts";
import type { LoweredOperand } from "../kernels/lowered.ts";
import type { EpilogueOperand } from "../kernels/problem.ts";
import { constantOf } from "./constant.ts";
import { applied, isElementwise, secondOf } from "./elementwise.ts";
import type { Lowering } from "./lowering.ts";

export interface EpilogueStart {
  /** Of the accumulator and the operands. */
  readonly expression: Expression;
  readonly operands: readonly EpilogueOperand[];
  /** What each operand is read from. */
  readonly sources: readonly LoweredOperand[];
}

export interface Epilogue extends EpilogueStart {
  /** The value that the kernel writes in place of its node's. */
  readonly output: Value;
  readonly origins: readonly string[];
}

/**
 * Extends the epilogue by the only reader of each result, as long as that reader is elementwise.
 */
export function extendEpilogue(lowering: Lowering, node: Node, start: EpilogueStart): Epilogue {
  let { expression } = start;
  const operands = [...start.operands];
  const sources = [...start.sources];
  let output = node.output;
  const origins = [node.origin.path];
  for (
    let reader = lowering.onlyReaderOf(output);
    reader && isElementwise(reader);
    reader = lowering.onlyReaderOf(output)
  ) {
    const other = otherInput(reader, output);
    if (other && !isReadable(lowering, other, output, node, reader)) break;
    const name = `e${operands.length}`;
    const second = secondOf(lowering, reader, other, name);
    const read = operand(name);
    expression = applied(reader, expression, second?.of(read) ?? read);
    if (second) {
      operands.push(second.operand);
      sources.push(second.source);
    }
    lowering.absorb(reader);
    origins.push(reader.origin.path);
    output = reader.output;
  }
  return { output, expression, operands, sources, origins: [...new Set(origins)] };
}

const otherInput = ({ inputs: [a, b] }: Node, value: Value): Value | undefined =>
  a?.id === value.id ? b : a;

/** Whether the kernel of `node` can read the other operand where it writes `output`. */
function isReadable(
  lowering: Lowering,
  other: Value,
  output: Value,
  node: Node,
  reader: Node,
): boolean {
  if (!sameShape(reader.output.shape, output.shape)) return false;
  if (constantOf(lowering, other)) return true;
  return (
    other.id !== output.id &&
    lowering.isBefore(other, node) &&
    sameShape(other.shape, output.shape) &&
    !lowering.viewOf(other)
  );
}
