import { fixed, sameShape, showShape } from "../ir/extent.ts";
import { axes, defineOp, dense, ShapeError, type Dense } from "./op.ts";

/**
 * Rotary positions: of each head's channels, the first half x and the second y become
 * (x cos - y sin, y cos + x sin), by the angles of the token. Tables `[tokens, half]`, or `[batch,
 * tokens, half]` where pictures differ, say the angles; what rows and columns of a grid have of
 * them (2D) is theirs.
 */
export const rotary = defineOp({
  summary:
    "Rotary positions. In each head's channels of `[batch, tokens, channels]`, the first half x " +
    "and the second half y become (x cos - y sin, y cos + x sin). The tables cos and sin, " +
    "`[tokens, half]` or `[batch, tokens, half]`, are a parameter or an input. For positions in " +
    "two dimensions, some columns have the angles of the row and the others those of the column.",
  inputs: 3,
  weights: [],
  attributes: {
    heads: {
      type: "integer",
      minimum: 1,
      description: "The number of heads, which divides the channels.",
    },
  },
  infer([x, cos, sin], _, { heads }) {
    const [batch, tokens, channels] = axes(x, ["batch", "tokens", "channels"]);
    const half = fixed(channels, "channels") / Number(heads) / 2;
    if (!Number.isInteger(half))
      throw new ShapeError(`${channels} channels do not form ${heads} heads with two halves`);
    const one = [tokens, half];
    const each = [batch, tokens, half];
    for (const table of [cos, sin])
      if (!sameShape(one, table) && !sameShape(each, table))
        throw new ShapeError(
          `expected a table of ${showShape(one)} or ${showShape(each)}, ` +
            `received ${showShape(table)}`,
        );
    return x;
  },
  evaluate([x, cos, sin], _, { heads }) {
    const [batch, tokens, channels] = axes(x.shape, ["batch", "tokens", "channels"]);
    const half = channels / Number(heads) / 2;
    const y = dense(x.shape);
    for (let row = 0; row < batch * tokens; row++)
      for (let head = 0; head < Number(heads); head++)
        for (let i = 0; i < half; i++) {
          const a = row * channels + 2 * head * half + i;
          const b = a + half;
          const angle = (table: Dense): number =>
            table.data[(table.shape.length === 3 ? row : row % tokens) * half + i]!;
          y.data[a] = x.data[a]! * angle(cos) - x.data[b]! * angle(sin);
          y.data[b] = x.data[b]! * angle(cos) + x.data[a]! * angle(sin);
        }
    return y;
  },
});
