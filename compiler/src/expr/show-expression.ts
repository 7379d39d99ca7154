/** Expressions as people write them. */
import type { BinaryFunction, Expression } from "./expression.ts";

const infix: Partial<Record<BinaryFunction, readonly [sign: string, precedence: number]>> = {
  add: ["+", 1],
  sub: ["-", 1],
  mul: ["*", 2],
  div: ["/", 2],
};

/**
 * An expression as text: the accumulator is `acc`, and there are no more parentheses than the order
 * of evaluation needs.
 */
export function showExpression(expression: Expression, precedence = 0): string {
  switch (expression.kind) {
    case "accumulator":
      return "acc";
    case "operand":
      return expression.name;
    case "constant":
      return String(expression.value);
    case "unary":
      return `${expression.function}(${showExpression(expression.x)})`;
    case "binary": {
      const sign = infix[expression.function];
      if (sign === undefined)
        return (
          `${expression.function}(${showExpression(expression.x)}, ` +
          `${showExpression(expression.y)})`
        );
      const [text, own] = sign;
      // The right side of a difference or a quotient, and of float sums, keeps its parentheses.
      const shown =
        `${showExpression(expression.x, own)} ${text} ` +
        `${showExpression(expression.y, own + 1)}`;
      return own < precedence ? `(${shown})` : shown;
    }
  }
}
