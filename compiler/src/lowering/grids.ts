import { binary, constant, operand, type Expression } from "../expr/expression.ts";
import type { Extent } from "@sigil/spec";
import { axis, multiply } from "../ir/extent.ts";
import { inputOf, type Node, type Value } from "../ir/graph.ts";
import type { StridedRows } from "../kernels/problem.ts";
import { gridOf } from "../ops/grids.ts";
import type { Lowering } from "./lowering.ts";
import { place, written } from "./operands.ts";

/**
 * Means of columns side by side, then of rows of these: each kernel reads as many as a side has.
 */
function pooled({ inputs, output, attributes, origin }: Node, lowering: Lowering): void {
  const x = inputOf({ inputs });
  const { height, width, channels } = gridOf(x.shape, attributes);
  const size = Number(attributes.size);
  const columns = width / size;
  const narrow = lowering.newValue([axis(x.shape, 0), height * columns, channels]);
  const mean = (from: Value, to: Value, rows: Extent, at: (i: number) => StridedRows): void => {
    const names = Array.from({ length: size }, (_, i) => `x${i}`);
    const parts: Expression[] = names.map((name) => operand(name));
    const sum = parts.reduce((a, b) => binary("add", a, b));
    lowering.launches.push({
      problem: {
        family: "map",
        rows,
        width: channels,
        expression: binary("mul", sum, constant(1 / size)),
        operands: names.map((name, i) => ({ name, index: "strided", ...at(i) })),
      },
      origins: [origin.path],
      operands: [...names.map(() => place(lowering, from)), written(to)],
    });
  };
  mean(x, narrow, multiply(axis(x.shape, 0), height * columns), (i) => ({
    stride: size * channels,
    first: i * channels,
  }));
  mean(narrow, output, multiply(axis(x.shape, 0), (height / size) * columns), (i) => ({
    stride: channels,
    first: i * columns * channels,
    lines: { of: columns, stride: size * columns * channels },
  }));
}

/** A launch for each row of the squares: what lies side by side in it stays so. */
function unshuffled({ inputs, output, attributes, origin }: Node, lowering: Lowering): void {
  const x = inputOf({ inputs });
  const { height, width, channels } = gridOf(x.shape, attributes);
  const size = Number(attributes.size);
  const run = size * channels;
  for (let line = 0; line < size; line++)
    lowering.launches.push({
      problem: {
        family: "map",
        rows: multiply(axis(x.shape, 0), (height / size) * (width / size)),
        width: run,
        expression: operand("x"),
        operands: [
          {
            name: "x",
            index: "strided",
            stride: run,
            first: line * width * channels,
            lines: { of: width / size, stride: size * width * channels },
          },
        ],
        written: { stride: size * run, first: line * run },
      },
      origins: [origin.path],
      operands: [place(lowering, x), written(output)],
    });
}

export const grids = { pool_grid: pooled, unshuffle_grid: unshuffled };
