/**
 * Scalar expressions: the only thing that every backend renders, and the form in which fusion ends.
 */

/** A function of one scalar; its meaning is `scalarFunctions[name]`. */
export type UnaryFunction = "exp" | "tanh" | "erf" | "sigmoid" | "abs" | "sqrt" | "log1p" | "neg";
export type BinaryFunction = "add" | "sub" | "mul" | "div" | "max" | "min";

export type Expression =
  /** The value being finished: a dot product in a Gemm. */
  | { readonly kind: "accumulator" }
  | { readonly kind: "operand"; readonly name: string }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "unary"; readonly function: UnaryFunction; readonly x: Expression }
  | {
      readonly kind: "binary";
      readonly function: BinaryFunction;
      readonly x: Expression;
      readonly y: Expression;
    };

export const accumulator: Expression = { kind: "accumulator" };
export const operand = (name: string): Expression => ({ kind: "operand", name });
export const constant = (value: number): Expression => ({ kind: "constant", value });
export const unary = (name: UnaryFunction, x: Expression): Expression => ({
  kind: "unary",
  function: name,
  x,
});
export const binary = (name: BinaryFunction, x: Expression, y: Expression): Expression => ({
  kind: "binary",
  function: name,
  x,
  y,
});
