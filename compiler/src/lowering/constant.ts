import { unary, type Expression } from "../expr/expression.ts";
import { inputOf, type Node, type Value } from "../ir/graph.ts";
import type { LoweredOperand } from "../kernels/lowered.ts";
import type { Lowering } from "./lowering.ts";
import { place } from "./operands.ts";

/** A value that depends on weights alone and that kernels compute as they read them. */
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
    return { source: place(lowering, inputOf(node)), of: (stored) => unary("exp", stored) };
  return undefined;
}

/** Whether an exponential of a parameter has only readers that compute it as they read. */
export const isFoldedExp = (lowering: Lowering, { op, inputs, output }: Node): boolean =>
  op === "exp" &&
  lowering.producerOf(inputOf({ inputs }))?.op === "parameter" &&
  !lowering.isOutput(output) &&
  lowering
    .readersOf(output)
    .every((reader) => ["add", "mul"].includes(reader.op) && inputOf(reader).id !== output.id);
