/** The SIMD functions beside float64, over their whole ranges. */
import { evaluate, operand, unary, type UnaryFunction } from "@sigil/compiler/internal";
import { expect, it } from "vitest";
import { runKernel } from "./run-kernel.ts";

async function apply(name: UnaryFunction, xs: Float32Array): Promise<Float32Array> {
  const { outputs } = await runKernel(
    {
      family: "map",
      rows: 1,
      width: xs.length,
      expression: unary(name, operand("x")),
      operands: [{ name: "x", index: "element" }],
    },
    { inputs: [xs] },
  );
  return outputs[0]!.actual;
}

async function worst(name: UnaryFunction, from: number, to: number): Promise<number> {
  const xs = Float32Array.from({ length: 100_001 }, (_, i) => from + ((to - from) * i) / 100_000);
  const ys = await apply(name, xs);
  let error = 0;
  xs.forEach((x, i) => {
    const exact = evaluate(unary(name, operand("x")), { operands: { x } });
    error = Math.max(error, exact === ys[i] ? 0 : Math.abs(ys[i]! - exact) / Math.abs(exact));
  });
  return error;
}

// Two to four float32 roundings (6e-8 each) after a polynomial accurate to one.
it.each([
  ["exp", -87, 88.7, 2.5e-7],
  ["exp", -1, 1, 2.5e-7],
  ["tanh", -12, 12, 2.5e-7],
  ["tanh", -0.7, 0.7, 2.5e-7],
  ["tanh", -1e-4, 1e-4, 2.5e-7],
  ["erf", -6, 6, 2.5e-7],
  ["erf", -1.1, 1.1, 2.5e-7],
  ["erf", -1e-4, 1e-4, 2.5e-7],
  ["sigmoid", -80, 20, 4e-7],
  ["log1p", -0.9, 10, 4e-7],
  ["log1p", 0, 1e-3, 4e-7],
] as const)("%s is close to the float64 value on [%d, %d]", async (name, from, to, bound) =>
  expect(await worst(name, from, to)).toBeLessThan(bound),
);

it("functions are exact far from zero", async () => {
  const far = Float32Array.of(1e4, -1e4, 3.4e38, -3.4e38, 0);
  expect([...(await apply("tanh", far))]).toEqual([1, -1, 1, -1, 0]);
  expect([...(await apply("erf", far))]).toEqual([1, -1, 1, -1, 0]);
  expect([...(await apply("sigmoid", far))]).toEqual([1, 0, 1, 0, 0.5]);
  expect([...(await apply("exp", far))]).toEqual([Infinity, 0, Infinity, 0, 1]);
  expect(
    [...(await apply("exp", Float32Array.of(-Infinity, 88.722, -100, -104)))].map((x) => x > 0),
  ).toEqual([false, true, true, false]);
  expect((await apply("exp", Float32Array.of(NaN)))[0]).toBeNaN();
});
