import { unary, type Expression } from "../expr/expression.ts";
import type { Node, Value } from "../ir/graph.ts";
import type { LoweredOperand } from "../kernels/lowered.ts";
import type { Lowering } from "./lowering.ts";
import { place } from "./operands.ts";

/** A value that kernels take from the weights as they read them. */
export interface Constant {
  readonly source: LoweredOperand;
  /** The value, of what `source` holds. */
  readonly of: (stored: Expression) => Expression;
}

/** A parameter, resampled or not, or the exponential of one (`logit_scale`). */
export function constantOf(lowering: Lowering, value: Value): Constant | undefined {
  const node = lowering.producerOf(value);
  if (node?.op === "parameter" || node?.op === "interpolate_grid")
    return { source: place(lowering, value), of: (stored) => stored };
  if (node && isFoldedExp(lowering, node))
    return { source: place(lowering, node.inputs[0]!), of: (stored) => unary("exp", stored) };
  return undefined;
}

/** Whether an exponential of a parameter has only readers that compute it as they read. */
export const isFoldedExp = (lowering: Lowering, { op, inputs, output }: Node): boolean =>
  op === "exp" &&
  lowering.producerOf(inputs[0]!)?.op === "parameter" &&
  !lowering.isOutput(output) &&
  lowering
    .readersOf(output)
    .every((reader) => ["add", "mul"].includes(reader.op) && reader.inputs[0]!.id !== output.id);
