/** Values and weights of a graph as operands of kernels. */
import { inputOf, weightOf, type Node, type Value, type WeightReference } from "../ir/graph.ts";
import type { LoweredOperand } from "../kernels/lowered.ts";
import type { Lowering } from "./lowering.ts";

type WeightOperand = Extract<LoweredOperand, { readonly kind: "weight" }>;

/** Weights as a matrix, stacked row by row; the axes after the first are its columns. */
export const matrix = (...references: readonly WeightReference[]): WeightOperand => ({
  kind: "weight",
  rows: references.reduce((sum, { begin, end }) => sum + end - begin, 0),
  columns: references[0]!.shape.slice(1).reduce((a, b) => a * b, 1),
  parts: references.map(({ tensor, begin, end }) => ({ tensor, begin, end })),
});

/** A value that a kernel writes. */
export const written = (value: Value): LoweredOperand => ({ kind: "value", value, offset: 0 });

/**
 * The operand from which a kernel reads a value: a weight if the value is one, otherwise memory.
 */
export function place(lowering: Lowering, value: Value): LoweredOperand {
  const node = lowering.producerOf(value);
  if (node?.op === "parameter") return matrix(weightOf(node));
  if (node?.op === "interpolate_grid") return resampled(lowering, node);
  const view = lowering.viewOf(value);
  return { kind: "value", value: view?.value ?? value, offset: view?.offset ?? 0 };
}

/** A table resampled when it is loaded; one that keeps its size is read as it is. */
function resampled(lowering: Lowering, { inputs, attributes }: Node): LoweredOperand {
  const table = place(lowering, inputOf({ inputs }));
  if (table.kind !== "weight")
    throw new Error("internal: checkGraph lets only a parameter be resampled");
  const side = Math.round(Math.sqrt(table.rows));
  const [height, width] = [Number(attributes.height), Number(attributes.width)];
  if (height === side && width === side) return table;
  const resample = {
    from: [side, side],
    to: [height, width],
    ...(attributes.mode === "bilinear" && { mode: "bilinear" as const }),
  } as const;
  return {
    ...table,
    rows: height * width,
    parts: table.parts.map((part) => ({ ...part, resample })),
  };
}
