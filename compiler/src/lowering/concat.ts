import { operand } from "../expr/expression.ts";
import { axis, fixed } from "../ir/extent.ts";
import type { Node } from "../ir/graph.ts";
import type { Lowering } from "./lowering.ts";
import { place, written } from "./operands.ts";

/** Each part is copied to its place in every sequence. */
function concatenated({ inputs, output, origin }: Node, lowering: Lowering): void {
  const size = (shape: readonly unknown[]): number =>
    fixed(shape.at(-2) as number, "tokens") * fixed(shape.at(-1) as number, "channels");
  const stride = size(output.shape);
  let first = 0;
  for (const part of inputs) {
    const width = size(part.shape);
    lowering.launches.push({
      problem: {
        family: "map",
        rows: axis(output.shape, 0),
        width,
        expression: operand("x"),
        operands: [{ name: "x", index: part.shape.length === 3 ? "element" : "column" }],
        written: { stride, first },
      },
      origins: [origin.path],
      operands: [place(lowering, part), written(output)],
    });
    first += width;
  }
}

export const concat = { concat: concatenated };
