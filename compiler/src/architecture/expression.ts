/**
 * Integer expressions of architecture documents: names, numbers, + - * / (floor) and parentheses.
 */
import type { Extent } from "@sigil/spec";
import { multiply } from "../ir/extent.ts";

/** Parentheses nest no deeper than this either. */
const longestExpression = 500;

/**
 * Evaluates `text`; `lookup` answers a name or undefined. Symbols may be multiplied only. Throws
 * ExpressionError.
 */
export function evaluateDimension(
  text: string | number,
  lookup: (name: string) => Extent | undefined,
): Extent {
  if (typeof text === "number") return text;
  if (text.length > longestExpression)
    throw new ExpressionError(`an expression has more than ${longestExpression} characters`);
  const tokens = text.match(/[A-Za-z_][A-Za-z_0-9]*|\d+|[-+*/()]|\S/g) ?? [];
  let at = 0;
  const primary = (): Extent => {
    const token = tokens[at++];
    if (token === undefined) throw new ExpressionError(`"${text}" ends too early`);
    if (token === "(") {
      const value = sum();
      if (tokens[at++] !== ")") throw new ExpressionError(`"${text}" lacks a closing parenthesis`);
      return value;
    }
    if (/^\d+$/.test(token)) return Number(token);
    const value = /^[A-Za-z_]/.test(token) ? lookup(token) : undefined;
    if (value === undefined)
      throw new ExpressionError(
        `"${token}" in "${text}" is not a config field, dimension or symbol`,
      );
    return value;
  };
  const plain = (value: Extent): number => {
    if (typeof value !== "number")
      throw new ExpressionError(`"${text}" adds or divides a size that is known only at run time`);
    return value;
  };
  const product = (): Extent => {
    let value = primary();
    while (tokens[at] === "*" || tokens[at] === "/") {
      const operator = tokens[at++];
      const right = primary();
      value = operator === "*" ? multiply(value, right) : Math.floor(plain(value) / plain(right));
    }
    return value;
  };
  const sum = (): Extent => {
    let value = product();
    while (tokens[at] === "+" || tokens[at] === "-") {
      const operator = tokens[at++];
      const right = product();
      value = operator === "+" ? plain(value) + plain(right) : plain(value) - plain(right);
    }
    return value;
  };
  const value = sum();
  if (at < tokens.length) throw new ExpressionError(`unexpected "${tokens[at]}" in "${text}"`);
  return value;
}

export class ExpressionError extends Error {}
