import { binary, operand } from "../expr/expression.ts";
import { axis, fixed, multiply } from "../ir/extent.ts";
import type { Node, Value } from "../ir/graph.ts";
import type { MapProblem } from "../kernels/problem.ts";
import type { Lowering } from "./lowering.ts";
import { place, written } from "./operands.ts";

/** A launch for each half of the heads' channels; a row is the half of one head of one token. */
function rotated({ inputs, output, attributes, origin }: Node, lowering: Lowering): void {
  const [x, cos, sin] = inputs as [Value, Value, Value];
  const heads = Number(attributes.heads);
  const tokens = fixed(x.shape[1], "tokens");
  const half = fixed(x.shape[2], "channels") / heads / 2;
  const halfOf = (name: string, first: number) =>
    ({ name, index: "strided", stride: 2 * half, first }) as const;
  // The heads of a token share its row of the tables.
  const table = (name: string, { shape }: Value) =>
    ({
      name,
      index: "strided",
      stride: 0,
      first: 0,
      lines: { of: heads, stride: half },
      ...(shape.length === 2 && { period: tokens * heads }),
    }) as const;
  const product = (a: string, b: string) => binary("mul", operand(a), operand(b));
  const halves = [
    [0, binary("sub", product("x", "cos"), product("y", "sin"))],
    [half, binary("add", product("y", "cos"), product("x", "sin"))],
  ] as const;
  for (const [first, expression] of halves) {
    const problem: MapProblem = {
      family: "map",
      rows: multiply(axis(x.shape, 0), tokens * heads),
      width: half,
      expression,
      operands: [halfOf("x", 0), halfOf("y", half), table("cos", cos), table("sin", sin)],
      written: { stride: 2 * half, first },
    };
    lowering.launches.push({
      problem,
      origins: [origin.path],
      operands: [
        place(lowering, x),
        place(lowering, x),
        place(lowering, cos),
        place(lowering, sin),
        written(output),
      ],
    });
  }
}

export const rotary = { rotary: rotated };
