import { fixed, sameShape, showShape } from "../ir/extent.ts";
import { dense, ShapeError, type Op } from "./op.ts";

/**
 * Rotary positions: of each head's channels, the first half x and the second y become
 * (x cos - y sin, y cos + x sin), by the angles of the token. Tables `[tokens, half]`, or `[batch,
 * tokens, half]` where pictures differ, say the angles; what rows and columns of a grid have of
 * them (2D) is theirs.
 */
export const rotary: Op = {
  summary:
    "Rotary positions: of each head's channels of `[batch, tokens, channels]`, the first " +
    "half x and the second y become (x cos - y sin, y cos + x sin). The tables cos and sin, " +
    "`[tokens, half]` or `[batch, tokens, half]`, are a parameter's or an input's; for two " +
    "dimensions some columns hold the angles of the row and the others those of the column.",
  inputs: 3,
  weights: [],
  attributes: {
    heads: { type: "integer", minimum: 1, description: "Heads that the channels divide into." },
  },
  infer([x, cos, sin], _, { heads }) {
    if (x!.length !== 3)
      throw new ShapeError(`expected [batch, tokens, channels], received ${x!.length} axes`);
    const half = fixed(x![2], "channels") / Number(heads) / 2;
    if (!Number.isInteger(half))
      throw new ShapeError(`${x![2]} channels are no ${heads} heads with two halves`);
    const tables = [
      [x![1]!, half],
      [x![0]!, x![1]!, half],
    ];
    for (const table of [cos!, sin!])
      if (!tables.some((shape) => sameShape(shape, table)))
        throw new ShapeError(
          `expected a table of ${showShape(tables[0]!)} or ${showShape(tables[1]!)}, ` +
            `received ${showShape(table)}`,
        );
    return x!;
  },
  evaluate([x, cos, sin], _, { heads }) {
    const [batch, tokens, channels] = x!.shape as [number, number, number];
    const half = channels / Number(heads) / 2;
    const y = dense(x!.shape);
    for (let row = 0; row < batch * tokens; row++)
      for (let head = 0; head < Number(heads); head++)
        for (let i = 0; i < half; i++) {
          const [a, b] = [0, half].map((skip) => row * channels + 2 * head * half + skip + i);
          const angle = (table: typeof x): number =>
            table!.data[(table!.shape.length === 3 ? row : row % tokens) * half + i]!;
          y.data[a!] = x!.data[a!]! * angle(cos) - x!.data[b!]! * angle(sin);
          y.data[b!] = x!.data[b!]! * angle(cos) + x!.data[a!]! * angle(sin);
        }
    return y;
  },
};
