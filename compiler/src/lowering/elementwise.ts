/** Elementwise ops: a part of the kernel before them (see `epilogue.ts`), or a Map of their own. */
import { activationNamed, prelu } from "../expr/activations.ts";
import { binary, operand, unary, type Expression } from "../expr/expression.ts";
import { elements, fixed, multiply, sameShape } from "../ir/extent.ts";
import type { Node, Value } from "../ir/graph.ts";
import type { LoweredOperand } from "../kernels/lowered.ts";
import type { EpilogueOperand } from "../kernels/problem.ts";
import { constantOf, isFoldedExp } from "./constant.ts";
import type { Lowering } from "./lowering.ts";
import { matrix, place, written } from "./operands.ts";

/** What each op makes of `x`; `second` is the other input, or the weight. */
const expressions: Readonly<
  Record<string, (x: Expression, second: Expression, node: Node) => Expression>
> = {
  activation: (x, _, { attributes }) => activationNamed(attributes.kind)(x),
  add: (x, y) => binary("add", x, y),
  exp: (x) => unary("exp", x),
  mul: (x, y) => binary("mul", x, y),
  prelu: (x, slope) => prelu(x, slope),
};

export const isElementwise = ({ op }: Node): boolean => Object.hasOwn(expressions, op);

export function applied(node: Node, x: Expression, second: Expression): Expression {
  const expression = expressions[node.op];
  if (!expression) throw new Error(`internal: ${node.op} is not elementwise`);
  return expression(x, second, node);
}

/** The operand beside `x` of an elementwise op: how it is read, and what it is read from. */
export interface Second {
  readonly operand: EpilogueOperand;
  readonly source: LoweredOperand;
  /** The second value, of what `source` holds. */
  readonly of: (stored: Expression) => Expression;
}

/**
 * The second operand of an elementwise op. `other` is the second input of `add` and `mul`; the
 * slope of `prelu` is a weight.
 */
export function secondOf(
  lowering: Lowering,
  node: Node,
  other: Value | undefined,
  name: string,
): Second | undefined {
  const { weight } = node.weights;
  if (weight)
    return {
      operand: { name, index: "scalar" },
      source: matrix(weight),
      of: (stored) => stored,
    };
  if (!other) return undefined;
  const constant = constantOf(lowering, other);
  return {
    operand:
      constant || !sameShape(other.shape, node.output.shape)
        ? broadcast(name, other, node.output)
        : { name, index: "element" },
    source: constant?.source ?? place(lowering, other),
    of: constant?.of ?? ((stored) => stored),
  };
}

/** How an operand is indexed that is repeated to fill `whole`. */
function broadcast(name: string, value: Value, whole: Value): EpilogueOperand {
  const count = value.shape.reduce<number>((n, size) => n * fixed(size, "what is broadcast"), 1);
  if (count === 1) return { name, index: "scalar" };
  const columns = fixed(whole.shape.at(-1), "columns");
  return count === columns
    ? { name, index: "column" }
    : { name, index: "periodic", period: count / columns };
}

/**
 * An elementwise node alone: over rows of its last axis, or of one element where only a run knows
 * that axis, which no operand is broadcast along.
 */
function map(node: Node, lowering: Lowering): void {
  if (isFoldedExp(lowering, node)) return;
  const { inputs, output, weights, origin } = node;
  const [x, y] = inputs as [Value, Value?];
  const last = output.shape.at(-1);
  const isFixed = typeof last === "number";
  const name = weights.weight ? "slope" : "y";
  const second = secondOf(lowering, node, y, name);
  const read = operand(name);
  lowering.launches.push({
    problem: {
      family: "map",
      rows: isFixed ? multiply(...output.shape.slice(0, -1)) : elements(output.shape),
      width: isFixed ? last : 1,
      expression: applied(node, operand("x"), second?.of(read) ?? read),
      operands: [{ name: "x", index: "element" }, ...(second ? [second.operand] : [])],
    },
    origins: [origin.path],
    operands: [place(lowering, x), ...(second ? [second.source] : []), written(output)],
  });
}

export const elementwise = { activation: map, add: map, exp: map, mul: map, prelu: map };
