import { fixed, sameShape, showShape, type Shape } from "../ir/extent.ts";
import { dense, ShapeError, type Op } from "./op.ts";

/** Tokens and channels; rows without a batch are the same for every sequence. */
const rowsOf = (x: Shape): { tokens: number; channels: number } => {
  if (x.length < 2 || x.length > 3 || (x.length === 2 && typeof x[0] !== "number"))
    throw new ShapeError(
      `expected [batch, tokens, channels] or rows [tokens, channels], received ${showShape(x)}`,
    );
  return { tokens: fixed(x.at(-2), "tokens"), channels: fixed(x.at(-1), "channels") };
};

/**
 * The tokens of the first input, then those of the second: `[batch, a + b, channels]`. One of them
 * may be rows `[tokens, channels]` that every sequence gets (registers, a class token).
 */
export const concat: Op = {
  summary:
    "The tokens of the first input and then those of the second, `[batch, a + b, channels]`. " +
    "One of the two may be rows `[tokens, channels]` that every sequence gets, as a " +
    "parameter's: registers, a class token.",
  inputs: 2,
  weights: [],
  infer([a, b]) {
    const [first, second] = [rowsOf(a!), rowsOf(b!)];
    if (first.channels !== second.channels)
      throw new ShapeError(
        `tokens of ${first.channels} channels do not continue with ${second.channels}`,
      );
    const batches = [a!, b!].filter(({ length }) => length === 3).map(([batch]) => batch!);
    if (batches.length === 0) throw new ShapeError("one of the two must have a batch");
    if (batches.length === 2 && !sameShape([batches[0]!], [batches[1]!]))
      throw new ShapeError(`batches of ${showShape(batches)} differ`);
    return [batches[0]!, first.tokens + second.tokens, first.channels];
  },
  evaluate([a, b]) {
    const sizes = [a!, b!].map(({ shape }) => shape.at(-2)! * shape.at(-1)!);
    const whole = [a!, b!].find(({ shape }) => shape.length === 3)!;
    const [batch, , channels] = whole.shape as [number, number, number];
    const each = sizes[0]! + sizes[1]!;
    const y = dense([batch, each / channels, channels]);
    [a!, b!].forEach((part, i) => {
      const size = sizes[i]!;
      for (let n = 0; n < batch; n++) {
        const from = part.shape.length === 3 ? n * size : 0;
        y.data.set(part.data.subarray(from, from + size), n * each + (i === 0 ? 0 : sizes[0]!));
      }
    });
    return y;
  },
};
