/**
 * The meaning of every scalar function in float64, beside which each backend's rendering is tested.
 */
import type { BinaryFunction, Expression, UnaryFunction } from "./expression.ts";

/**
 * erf by its Maclaurin series below 3 and its continued fraction above (Abramowitz and Stegun
 * 7.1.6, 7.1.14): below 1e-15.
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 3) {
    let term = a;
    let sum = a;
    for (let n = 1; Math.abs(term) > 1e-18 * sum; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      sum += term;
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
}

export const unaryFunctions: Readonly<Record<UnaryFunction, (x: number) => number>> = {
  abs: Math.abs,
  erf,
  exp: Math.exp,
  log1p: Math.log1p,
  neg: (x) => -x,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  sqrt: Math.sqrt,
  tanh: Math.tanh,
};

export const binaryFunctions: Readonly<Record<BinaryFunction, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  div: (x, y) => x / y,
  max: Math.max,
  min: Math.min,
  mul: (x, y) => x * y,
  sub: (x, y) => x - y,
};

export interface ScalarEnvironment {
  readonly accumulator?: number;
  readonly operands: Readonly<Record<string, number>>;
}

/** The value of an expression; a name that the environment lacks is an internal error. */
export function evaluate(expression: Expression, environment: ScalarEnvironment): number {
  switch (expression.kind) {
    case "constant":
      return expression.value;
    case "accumulator":
    case "operand": {
      const value =
        expression.kind === "operand"
          ? environment.operands[expression.name]
          : environment.accumulator;
      if (value === undefined)
        throw new Error(
          `internal: ${expression.kind === "operand" ? expression.name : "accumulator"} has ` +
            "no value",
        );
      return value;
    }
    case "unary":
      return unaryFunctions[expression.function](evaluate(expression.x, environment));
    case "binary":
      return binaryFunctions[expression.function](
        evaluate(expression.x, environment),
        evaluate(expression.y, environment),
      );
  }
}
