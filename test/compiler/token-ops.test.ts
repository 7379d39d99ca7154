/** Ops on tokens beside PyTorch and transformers, and what they refuse. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dense, ops, ShapeError } from "@sigil/compiler/internal";
import { uniform } from "@sigil/runtime/internal";
import { expect, it } from "vitest";
import { fixtures, scaledError } from "../support/golden-cases.ts";

const goldens: Readonly<Record<string, readonly number[]>> = JSON.parse(
  readFileSync(join(fixtures, "operations/tokens.json"), "utf8"),
);
const values = (name: string, ...shape: number[]) =>
  dense(
    shape,
    Float64Array.from(
      uniform(
        name,
        shape.reduce((a, b) => a * b, 1),
        3,
      ),
    ),
  );
const x = values("x", 2, 12, 6);
const norm = { weight: values("weight", 2), bias: values("bias", 2) };
const scaled = { weight: norm.weight };
const cases: Readonly<
  Record<string, readonly [inputs: ReturnType<typeof dense>[], weights: object, given: object]>
> = {
  layer_norm: [[x], norm, { epsilon: 1e-3, groups: 3 }],
  rms_norm: [[x], scaled, { epsilon: 1e-3, groups: 3 }],
  l2_normalize: [[x], {}, { groups: 3 }],
  pool_grid: [[x], {}, { width: 2, size: 2 }],
  unshuffle_grid: [[values("x", 2, 16, 6)], {}, { width: 4, size: 2 }],
  concat: [[values("rows", 2, 6), x], {}, {}],
  take_tokens: [[x], {}, { first: 3, count: 4 }],
  interpolate_grid: [[values("table", 25, 3)], {}, { height: 3, width: 8, mode: "bilinear" }],
};

it.each(Object.keys(cases))("%s computes its definition", (name) => {
  const [inputs, weights, attributes] = cases[name]!;
  const op = ops[name]!;
  const y = op.evaluate(inputs, weights as never, attributes as never);
  expect(y.shape).toEqual(
    op.infer(
      inputs.map(({ shape }) => shape),
      Object.fromEntries(
        Object.entries(weights).map(([role, { shape }]) => [role, shape]),
      ) as never,
      attributes as never,
    ),
  );
  // Twelve digits are stored.
  expect(scaledError(y.data, goldens[name]!)).toBeLessThan(1e-11);
});

it("rotary computes what transformers computes", () => {
  const [cos, sin] = [values("cos", 16, 3), values("sin", 16, 3)];
  const whole = values("x", 2, 16, 12);
  const { data } = ops.rotary!.evaluate([whole, cos, sin], {}, { heads: 2 });
  // transformers' has no batch, and computes it in float32.
  expect(scaledError(data.subarray(0, 192), goldens.rotary!)).toBeLessThan(1e-6);
  // Tables of each picture, here the same.
  const both = ([table]: ReturnType<typeof dense>[]) =>
    dense([2, 16, 3], Float64Array.of(...table!.data, ...table!.data));
  expect(ops.rotary!.evaluate([whole, both([cos]), both([sin])], {}, { heads: 2 }).data).toEqual(
    data,
  );
});

const batch = { factor: 1, symbols: ["batch"] };
it.each<[string, (number | typeof batch)[][], object, RegExp]>([
  [
    "concat",
    [
      [2, 6],
      [3, 6],
    ],
    {},
    /one of the two must have a batch/,
  ],
  [
    "concat",
    [
      [batch, 2, 6],
      [batch, 2, 5],
    ],
    {},
    /tokens of 6 and of 5 channels cannot be joined/,
  ],
  [
    "concat",
    [
      [batch, 2, 6],
      [batch, 6],
    ],
    {},
    /or rows \[tokens, channels\]/,
  ],
  [
    "rotary",
    [
      [batch, 4, 6],
      [4, 2],
      [4, 2],
    ],
    { heads: 3 },
    /expected a table of \[4, 1\]/,
  ],
  [
    "rotary",
    [
      [batch, 4, 9],
      [4, 1],
      [4, 1],
    ],
    { heads: 3 },
    /do not form 3 heads with two halves/,
  ],
  [
    "pool_grid",
    [[batch, 10, 6]],
    { width: 4, size: 2 },
    /10 tokens do not form a grid of 4 columns/,
  ],
  [
    "unshuffle_grid",
    [[batch, 12, 6]],
    { width: 4, size: 2 },
    /a grid of 3x4 has no squares of 2x2/,
  ],
  ["take_tokens", [[batch, 4, 6]], { first: 4 }, /the tokens from 4 on are not among 4/],
  ["take_tokens", [[batch, 4, 6]], { first: -2, count: 3 }, /3 tokens from -2 on are not among 4/],
  ["take_tokens", [[batch, 4, 6]], { first: -5 }, /among 4/],
  ["rms_norm", [[batch, 4, 6]], { groups: 4 }, /6 channels do not form 4 groups of one size/],
])("%s refuses %j with %j", (name, shapes, attributes, message) => {
  const { infer, weights } = ops[name]!;
  const given = Object.fromEntries(weights.map((role) => [role, [1]]));
  expect(() => infer(shapes, given, attributes as never)).toThrow(message);
});

it("ill-shaped inputs are refused with a ShapeError, which has a place in the document", () =>
  expect(() =>
    ops.concat!.infer(
      [
        [2, 6],
        [3, 6],
      ],
      {},
      {},
    ),
  ).toThrow(ShapeError));
