import { fixed, sameShape, showShape, type Shape } from "../ir/extent.ts";
import { axes, defineOp, dense, ShapeError, type Dense } from "./op.ts";

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
export const concat = defineOp({
  summary:
    "The tokens of the first input and then those of the second, `[batch, a + b, channels]`. " +
    "One of the two may be `[tokens, channels]`, the same tokens for every sequence, such as a " +
    "parameter with registers or a class token.",
  inputs: 2,
  weights: [],
  infer([a, b]) {
    const [first, second] = [rowsOf(a), rowsOf(b)];
    if (first.channels !== second.channels)
      throw new ShapeError(
        `tokens of ${first.channels} and of ${second.channels} channels cannot be joined`,
      );
    const batches = [a, b].flatMap(([batch, ...rest]) =>
      batch !== undefined && rest.length === 2 ? [batch] : [],
    );
    const [batch, other = batch] = batches;
    if (batch === undefined || other === undefined)
      throw new ShapeError("one of the two must have a batch");
    if (!sameShape([batch], [other]))
      throw new ShapeError(`batches of ${showShape(batches)} differ`);
    return [batch, first.tokens + second.tokens, first.channels];
  },
  evaluate([a, b]) {
    const [first, second] = [rowsOf(a.shape), rowsOf(b.shape)];
    const { channels } = first;
    const whole = a.shape.length === 3 ? a : b;
    const [batch] = axes(whole.shape, ["batch", "tokens", "channels"]);
    const tokens = first.tokens + second.tokens;
    const y = dense([batch, tokens, channels]);
    const put = (part: Dense, size: number, skip: number): void => {
      for (let n = 0; n < batch; n++) {
        const from = part.shape.length === 3 ? n * size : 0;
        y.data.set(part.data.subarray(from, from + size), n * tokens * channels + skip);
      }
    };
    put(a, first.tokens * channels, 0);
    put(b, second.tokens * channels, first.tokens * channels);
    return y;
  },
});
