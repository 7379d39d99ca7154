import { activationNamed, activations, prelu as preluExpression } from "../expr/activations.ts";
import { accumulator, constant, type Expression } from "../expr/expression.ts";
import { evaluate } from "../expr/scalar-functions.ts";
import { fixed, sameShape, showShape, type Shape } from "../ir/extent.ts";
import { defineOp, dense, ShapeError, type Dense } from "./op.ts";

const pointwise = (x: Dense, expression: Expression): Dense =>
  dense(
    x.shape,
    x.data.map((value) => evaluate(expression, { accumulator: value, operands: {} })),
  );

/** An activation by its ACT2FN key. */
const activation = defineOp({
  summary: "An activation of each element.",
  attributes: {
    kind: {
      type: "string",
      values: Object.keys(activations),
      description: "The name of the activation in transformers (ACT2FN).",
    },
  },
  rowWise: true,
  inputs: 1,
  weights: [],
  infer: ([x]) => x,
  evaluate([x], _, { kind }) {
    return pointwise(x, activationNamed(kind)(accumulator));
  },
});

/** An activation with a learned slope, one for all channels (`activation_fn.weight`). */
const prelu = defineOp({
  summary: "max(x, 0) + slope * min(x, 0), with one learned slope: `weight` of `[1]`.",
  rowWise: true,
  inputs: 1,
  weights: ["weight"],
  infer([x], { weight }) {
    if (weight.length !== 1 || weight[0] !== 1)
      throw new ShapeError(`expected one slope, received ${showShape(weight)}`);
    return x;
  },
  evaluate: ([x], { weight }) =>
    pointwise(x, preluExpression(accumulator, constant(weight.data[0]!))),
});

const exp = defineOp({
  summary: "e to the power of each element.",
  rowWise: true,
  inputs: 1,
  weights: [],
  infer: ([x]) => x,
  evaluate: ([x]) => dense(x.shape, x.data.map(Math.exp)),
});

/**
 * The second operand is shaped as the first, or as its trailing axes (broadcast over the leading
 * ones), or has one value.
 */
const broadcasting = (what: string, combine: (a: number, b: number) => number) =>
  defineOp({
    summary:
      `The ${what} of two values. The second has the shape of the first, the shape of its last ` +
      "axes, or one element.",
    rowWise: true,
    inputs: 2,
    weights: [],
    infer([a, b]) {
      const tail: Shape = a.slice(a.length - b.length);
      if (!(b.length === 1 && b[0] === 1) && !sameShape(tail, b))
        throw new ShapeError(`${showShape(b)} does not broadcast to ${showShape(a)}`);
      if (b.length < a.length) for (const extent of b) fixed(extent, "what is broadcast");
      return a;
    },
    evaluate([a, b]) {
      return dense(
        a.shape,
        a.data.map((value, i) => combine(value, b.data[i % b.data.length]!)),
      );
    },
  });
const add = broadcasting("sum", (a, b) => a + b);
const mul = broadcasting("product", (a, b) => a * b);

export const elementwiseOps = { activation, add, exp, mul, prelu };
