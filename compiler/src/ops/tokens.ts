import type { Extent } from "@sigil/spec";
import { fixed, sameShape, showShape, type Shape } from "../ir/extent.ts";
import { axes, defineOp, dense, ShapeError } from "./op.ts";

const sequence = ["batch", "tokens", "channels"] as const;
const pictures = ["batch", "channels", "height", "width"] as const;

/** The axes of `[batch, tokens, channels]`. */
const tokensOf = (x: Shape): { batch: Extent; tokens: number; channels: number } => {
  const [batch, tokens, channels] = axes(x, sequence);
  return { batch, tokens: fixed(tokens, "tokens"), channels: fixed(channels, "channels") };
};

/**
 * One token of each sequence; a negative index counts from the end. `[batch, channels]`, or
 * `[batch, 1, channels]` with `keep`.
 */
const token = defineOp({
  summary:
    "One token of each sequence: `[batch, tokens, channels]` to `[batch, channels]`, or to " +
    "`[batch, 1, channels]` with `keep`.",
  attributes: {
    index: {
      type: "integer",
      description: "The token, from 0. A negative number counts from the end.",
    },
    keep: { type: "boolean", default: false, description: "Whether to keep the axis of tokens." },
  },
  inputs: 1,
  weights: [],
  infer([x], _, { index, keep }) {
    const { batch, tokens, channels } = tokensOf(x);
    if (Number(index) >= tokens || Number(index) < -tokens)
      throw new ShapeError(`there is no token ${index} among ${tokens}`);
    return keep ? [batch, 1, channels] : [batch, channels];
  },
  evaluate([x], _, { index, keep }) {
    const [batch, tokens, width] = axes(x.shape, sequence);
    const at = (Number(index) + tokens) % tokens;
    const y = dense(keep ? [batch, 1, width] : [batch, width]);
    for (let b = 0; b < batch; b++)
      y.data.set(
        x.data.subarray((b * tokens + at) * width, (b * tokens + at + 1) * width),
        b * width,
      );
    return y;
  },
});

/**
 * The range of tokens that `take_tokens` takes, resolved for the number of tokens. Throws
 * ShapeError.
 */
export function rangeOf(
  tokens: number,
  { first, count }: Readonly<Record<string, unknown>>,
): readonly [first: number, count: number] {
  const from = Number(first) < 0 ? Number(first) + tokens : Number(first);
  const taken = Number(count) || tokens - from;
  if (from < 0 || taken < 1 || from + taken > tokens)
    throw new ShapeError(
      `${Number(count) || "the"} tokens from ${Number(first)} on are not among ${tokens}`,
    );
  return [from, taken];
}

/** Neighbouring tokens of each sequence, `[batch, count, channels]`. */
const takeTokens = defineOp({
  summary:
    "Neighbouring tokens of each sequence, such as the patches after registers: `[batch, " +
    "tokens, channels]` to `[batch, count, channels]`.",
  attributes: {
    first: {
      type: "integer",
      default: 0,
      description: "The first token, from 0. A negative number counts from the end.",
    },
    count: {
      type: "integer",
      minimum: 0,
      default: 0,
      description: "The number of tokens. 0 takes all up to the end.",
    },
  },
  inputs: 1,
  weights: [],
  infer([x], _, range) {
    const { batch, tokens, channels } = tokensOf(x);
    return [batch, rangeOf(tokens, range)[1], channels];
  },
  evaluate([x], _, range) {
    const [batch, tokens, width] = axes(x.shape, sequence);
    const [first, count] = rangeOf(tokens, range);
    const y = dense([batch, count, width]);
    for (let b = 0; b < batch; b++) {
      const from = (b * tokens + first) * width;
      y.data.set(x.data.subarray(from, from + count * width), b * count * width);
    }
    return y;
  },
});

/**
 * The mean over the tokens of each sequence, `[batch, channels]`; those whose mask `[batch,
 * tokens]` is below zero do not count.
 */
const meanTokens = defineOp({
  summary:
    "The mean of the tokens of each sequence: `[batch, tokens, channels]` to `[batch, " +
    "channels]`. Tokens whose mask, `[batch, tokens]`, is below zero do not count.",
  inputs: 1,
  optionalInputs: 1,
  weights: [],
  infer([x, mask]) {
    const { batch, channels } = tokensOf(x);
    if (mask && !sameShape(mask, x.slice(0, 2)))
      throw new ShapeError(`a mask of ${showShape(mask)} does not fit ${showShape(x)}`);
    return [batch, channels];
  },
  evaluate([x, mask]) {
    const [batch, tokens, width] = axes(x.shape, sequence);
    const y = dense([batch, width]);
    for (let b = 0; b < batch; b++) {
      const counted = Array.from({ length: tokens }, (_, t) => b * tokens + t).filter(
        (t) => !mask || mask.data[t]! >= 0,
      );
      for (const t of counted)
        for (let c = 0; c < width; c++)
          y.data[b * width + c]! += x.data[t * width + c]! / counted.length;
    }
    return y;
  },
});

/** Rows of a table by integer ids. */
const embedding = defineOp({
  summary:
    "The rows of the table `weight` whose numbers are the ids. The ids are an input of the graph.",
  reads: "int32",
  inputs: 1,
  weights: ["weight"],
  infer([ids], { weight }) {
    const [, channels] = weight;
    if (channels === undefined || weight.length !== 2)
      throw new ShapeError(`expected a table of [rows, channels], received ${showShape(weight)}`);
    return [...ids, channels];
  },
  evaluate([ids], { weight }) {
    const width = fixed(weight.shape[1], "channels");
    const y = dense([...ids.shape, width]);
    ids.data.forEach((id, i) =>
      y.data.set(weight.data.subarray(id * width, (id + 1) * width), i * width),
    );
    return y;
  },
});

/** A weight as a value; leading axes of one are dropped. */
const parameter = defineOp({
  summary: "The weight as a value, without leading axes of size 1.",
  inputs: 0,
  weights: ["weight"],
  infer(_, { weight }) {
    if (weight.slice(0, -2).some((axis) => axis !== 1))
      throw new ShapeError(
        `expected at most two axes after leading axes of size 1, received ${showShape(weight)}`,
      );
    return weight.slice(-2);
  },
  evaluate: (_, { weight }) =>
    dense(weight.shape.length > 2 ? weight.shape.slice(-2) : weight.shape, weight.data),
});

/**
 * Non-overlapping square patches of a picture, row by row, each ordered (channel, row, column);
 * what does not fill a patch is dropped.
 */
const patches = defineOp({
  summary:
    "The square patches of pictures `[batch, channels, height, width]`, row by row and without " +
    "overlap. The values of a patch are ordered by channel, row and column. Pixels that do not " +
    "fill a patch are dropped. Only `linear` reads patches.",
  attributes: {
    patch: {
      type: "integer",
      minimum: 1,
      description: "The height and width of a patch in pixels.",
    },
  },
  inputs: 1,
  weights: [],
  infer([x], _, { patch }) {
    const [batch, channels, height, width] = axes(x, pictures);
    const p = Number(patch);
    const rows = Math.floor(fixed(height, "height") / p);
    const columns = Math.floor(fixed(width, "width") / p);
    if (rows < 1 || columns < 1)
      throw new ShapeError(`a picture of ${height}x${width} holds no patch of ${p}x${p}`);
    return [batch, rows * columns, fixed(channels, "channels") * p * p];
  },
  evaluate([x], _, { patch }) {
    const [batch, channels, height, width] = axes(x.shape, pictures);
    const p = Number(patch);
    const [rows, columns] = [Math.floor(height / p), Math.floor(width / p)];
    const y = dense([batch, rows * columns, channels * p * p]);
    let at = 0;
    for (let b = 0; b < batch; b++)
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++)
          for (let ch = 0; ch < channels; ch++)
            for (let i = 0; i < p; i++)
              for (let j = 0; j < p; j++)
                y.data[at++] =
                  x.data[((b * channels + ch) * height + r * p + i) * width + c * p + j]!;
    return y;
  },
});

export const tokenOps = {
  embedding,
  mean_tokens: meanTokens,
  parameter,
  patches,
  take_tokens: takeTokens,
  token,
};
