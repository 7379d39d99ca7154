/** Ops on tokens that are the cells of a grid, row by row. */
import type { Extent } from "@sigil/spec";
import { fixed, type Shape } from "../ir/extent.ts";
import { axes, defineOp, dense, ShapeError, type Attributes, type Dense } from "./op.ts";

const attributes = {
  width: { type: "integer", minimum: 1, description: "The number of columns of the grid." },
  size: {
    type: "integer",
    minimum: 1,
    description:
      "The side of the squares, in tokens. Both sides of the grid must be multiples of it.",
  },
} as const;

/** The sides of the grid of a value `[batch, height * width, channels]`. */
export function gridOf(
  x: Shape,
  { width, size }: Attributes,
): {
  readonly batch: Extent;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
} {
  const [batch, count, channels] = axes(x, ["batch", "tokens", "channels"]);
  const [tokens, columns, f] = [fixed(count, "tokens"), Number(width), Number(size)];
  const height = tokens / columns;
  if (!Number.isInteger(height))
    throw new ShapeError(`${tokens} tokens do not form a grid of ${columns} columns`);
  if (height % f !== 0 || columns % f !== 0)
    throw new ShapeError(`a grid of ${height}x${columns} has no squares of ${f}x${f}`);
  return { batch, height, width: columns, channels: fixed(channels, "channels") };
}

/** Calls `use` with each token of the result and the `size * size` that it is made of, in order. */
function forSquares(
  x: Dense,
  given: Attributes,
  use: (token: number, from: readonly number[]) => void,
): void {
  const { batch, height, width } = gridOf(x.shape, given);
  const f = Number(given.size);
  for (let line = 0; line < (fixed(batch, "batch") * height) / f; line++)
    for (let column = 0; column < width / f; column++)
      use(
        line * (width / f) + column,
        Array.from(
          { length: f * f },
          (_, i) => (line * f + Math.floor(i / f)) * width + column * f + (i % f),
        ),
      );
}

const smaller = (x: Shape, given: Attributes, channels: number): Shape => {
  const { batch, height, width } = gridOf(x, given);
  return [batch, (height * width) / Number(given.size) ** 2, channels];
};

const poolGrid = defineOp({
  summary:
    "The mean of each square of `size * size` tokens of a grid: `[batch, tokens, channels]` to " +
    "`[batch, tokens / size / size, channels]`.",
  inputs: 1,
  weights: [],
  attributes,
  infer: ([x], _, given) => smaller(x, given, gridOf(x, given).channels),
  evaluate([x], _, given) {
    const { channels } = gridOf(x.shape, given);
    const y = dense(smaller(x.shape, given, channels) as number[]);
    forSquares(x, given, (token, from) => {
      for (let c = 0; c < channels; c++)
        y.data[token * channels + c] =
          from.reduce((sum, one) => sum + x.data[one * channels + c]!, 0) / from.length;
    });
    return y;
  },
});

const unshuffleGrid = defineOp({
  summary:
    "Each square of `size * size` tokens of a grid as one token, which has their channels row " +
    "by row: `[batch, tokens, channels]` to `[batch, tokens / size / size, size * size * " +
    "channels]`. Also called pixel unshuffle or space to depth.",
  inputs: 1,
  weights: [],
  attributes,
  infer: ([x], _, given) => smaller(x, given, gridOf(x, given).channels * Number(given.size) ** 2),
  evaluate([x], _, given) {
    const { channels } = gridOf(x.shape, given);
    const y = dense(smaller(x.shape, given, channels * Number(given.size) ** 2) as number[]);
    forSquares(x, given, (token, from) =>
      from.forEach((one, i) =>
        y.data.set(
          x.data.subarray(one * channels, (one + 1) * channels),
          (token * from.length + i) * channels,
        ),
      ),
    );
    return y;
  },
});

export const gridOps = { pool_grid: poolGrid, unshuffle_grid: unshuffleGrid };
