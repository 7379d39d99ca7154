/** What the compiler knows of a primitive operation: its shape rule and its meaning. */
import { ShapeError, type Shape } from "../ir/extent.ts";
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

type Tuple<Count extends number, T, Made extends readonly T[] = []> = Made["length"] extends Count
  ? Made
  : Tuple<Count, T, readonly [...Made, T]>;

/** What an op is given: the inputs and weights that it declares, and perhaps those that it may. */
type Given<Inputs extends number, T> = readonly [...Tuple<Inputs, T>, ...(T | undefined)[]];
type Weights<Role extends string, Optional extends string, T> = Readonly<Record<Role, T>> &
  Readonly<Partial<Record<Optional, T>>>;

interface Declared<Inputs extends number, Role extends string, Optional extends string>
  extends Omit<Op, "infer" | "evaluate"> {
  readonly inputs: Inputs;
  readonly weights: readonly Role[];
  readonly optionalWeights?: readonly Optional[];
  infer(
    inputs: Given<Inputs, Shape>,
    weights: Weights<Role, Optional, readonly number[]>,
    attributes: Attributes,
  ): Shape;
  evaluate(
    inputs: Given<Inputs, Dense>,
    weights: Weights<Role, Optional, Dense>,
    attributes: Attributes,
  ): Dense;
}

/**
 * An op whose rules see as many inputs and the weights that it declares. Graphs are checked before,
 * so one that has fewer is a fault of the compiler.
 */
export function defineOp<
  const Inputs extends number,
  const Role extends string,
  const Optional extends string = never,
>(op: Declared<Inputs, Role, Optional>): Op {
  const inputsOf = <T>(inputs: readonly T[]): Given<Inputs, T> => {
    if (!areGiven(inputs, op.inputs)) throw new Error("internal: an op has too few inputs");
    return inputs;
  };
  const weightsOf = <T>(weights: Readonly<Record<string, T>>): Weights<Role, Optional, T> => {
    if (!haveRoles<Role, Optional, T>(weights, op.weights))
      throw new Error("internal: an op lacks a weight");
    return weights;
  };
  return {
    ...op,
    infer: (inputs, weights, attributes) =>
      op.infer(inputsOf(inputs), weightsOf(weights), attributes),
    evaluate: (inputs, weights, attributes) =>
      op.evaluate(inputsOf(inputs), weightsOf(weights), attributes),
  };
}

const areGiven = <Inputs extends number, T>(
  inputs: readonly T[],
  count: Inputs,
): inputs is readonly T[] & Given<Inputs, T> => inputs.length >= count;

const haveRoles = <Role extends string, Optional extends string, T>(
  weights: Readonly<Record<string, T>>,
  roles: readonly Role[],
): weights is Readonly<Record<string, T>> & Weights<Role, Optional, T> =>
  roles.every((role) => Object.hasOwn(weights, role));

/** The axes of a shape that must have so many, such as `[batch, channels]`. Throws ShapeError. */
export function axes<const Names extends readonly string[], T>(
  shape: readonly T[],
  names: Names,
): { readonly [Axis in keyof Names]: T } {
  if (!hasLength(shape, names))
    throw new ShapeError(`expected [${names.join(", ")}], received ${shape.length} axes`);
  return shape;
}

const hasLength = <Names extends readonly string[], T>(
  shape: readonly T[],
  names: Names,
): shape is readonly T[] & { readonly [Axis in keyof Names]: T } => shape.length === names.length;

export const dense = (shape: readonly number[], data?: Float64Array): Dense => ({
  shape,
  data: data ?? new Float64Array(shape.reduce((a, b) => a * b, 1)),
});

/** Splits a shape into rows of its last axis. */
export const rowsOf = (x: Dense): { rows: number; width: number } => {
  const width = x.shape.at(-1)!;
  return { rows: x.data.length / width, width };
};
