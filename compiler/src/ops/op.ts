/** What the compiler knows of a primitive operation: its shape rule and its meaning. */
import type { Shape } from "../ir/extent.ts";
import type { Attribute, Attributes } from "./attribute.ts";

export { ShapeError } from "../ir/extent.ts";
export type { Attributes } from "./attribute.ts";

/** A tensor of the oracle: row-major float64. */
export interface Dense {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface Op {
  /** What it computes, in a sentence for the documentation. */
  readonly summary: string;
  /** Weight roles that a step must give, and those that it may. */
  readonly weights: readonly string[];
  readonly optionalWeights?: readonly string[];
  readonly inputs: number;
  readonly optionalInputs?: number;
  /** Element type of its inputs, float32 when absent. */
  readonly reads?: "int32" | "uint8";
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Whether each row of the last axis depends on the inputs' same row alone. */
  readonly rowWise?: boolean;
  /** The output's shape. Throws ShapeError with what is wrong; the caller adds the place. */
  infer(
    inputs: readonly Shape[],
    weights: Readonly<Record<string, readonly number[]>>,
    attributes: Attributes,
  ): Shape;
  /** The meaning, in float64: every backend is compared with it. */
  evaluate(
    inputs: readonly Dense[],
    weights: Readonly<Record<string, Dense>>,
    attributes: Attributes,
  ): Dense;
}

export const dense = (shape: readonly number[], data?: Float64Array): Dense => ({
  shape,
  data: data ?? new Float64Array(shape.reduce((a, b) => a * b, 1)),
});

/** Splits a shape into rows of its last axis. */
export const rowsOf = (x: Dense): { rows: number; width: number } => {
  const width = x.shape.at(-1)!;
  return { rows: x.data.length / width, width };
};
