import { fixed, sameShape, showShape, type Shape } from "../ir/extent.ts";
import { axes, defineOp, dense, ShapeError, type Attributes, type Dense } from "./op.ts";

function inferScores(
  q: Shape,
  k: Shape,
  mask: Shape | undefined,
  { heads }: Attributes,
): { width: number; batch: Shape[number]; queries: Shape[number]; keys: Shape[number] } {
  if (q.length !== 2 && q.length !== 3)
    throw new ShapeError(`expected q of [batch, queries, channels], received ${showShape(q)}`);
  const [batch, keys, channels] = k;
  if (batch === undefined || keys === undefined || k.length !== 3)
    throw new ShapeError(`expected k of [batch, keys, channels], received ${showShape(k)}`);
  const width = fixed(q.at(-1), "channels");
  if (width % Number(heads) !== 0)
    throw new ShapeError(`${heads} heads do not divide ${width} channels`);
  if (channels !== width)
    throw new ShapeError(`q of ${showShape(q)} and k of ${showShape(k)} differ in channels`);
  if (q.length === 3 && !sameShape(q.slice(0, 1), [batch]))
    throw new ShapeError(`q of ${showShape(q)} and k of ${showShape(k)} differ in batch`);
  if (mask && !sameShape(mask, [batch, keys]))
    throw new ShapeError(`a mask of ${showShape(mask)} does not fit keys of ${showShape(k)}`);
  return {
    width,
    batch,
    queries: fixed(q.at(-2), "queries"),
    keys: fixed(keys, "keys"),
  };
}

const attributes = {
  heads: {
    type: "integer",
    minimum: 1,
    description: "The number of heads, which divides the channels.",
  },
} as const;

/** softmax(q k^T / sqrt(head size) + mask), `[batch, heads, queries, keys]`. */
function probabilities(q: Dense, k: Dense, mask: Dense | undefined, heads: number): Dense {
  const [batch, keys, width] = axes(k.shape, ["batch", "keys", "channels"]);
  const queries = fixed(q.shape.at(-2), "queries");
  const size = width / heads;
  const out = dense([batch, heads, queries, keys]);
  const shared = q.data.length === queries * width;
  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < queries; i++) {
        const query = ((shared ? 0 : b) * queries + i) * width + h * size;
        const row = out.data.subarray(
          ((b * heads + h) * queries + i) * keys,
          ((b * heads + h) * queries + i + 1) * keys,
        );
        for (let j = 0; j < keys; j++) {
          let dot = 0;
          for (let c = 0; c < size; c++)
            dot += q.data[query + c]! * k.data[(b * keys + j) * width + h * size + c]!;
          row[j] = dot / Math.sqrt(size) + (mask ? mask.data[b * keys + j]! : 0);
        }
        const top = row.reduce((a, x) => Math.max(a, x), -Infinity);
        const total = row.reduce((a, x) => a + Math.exp(x - top), 0);
        row.forEach((x, j) => (row[j] = Math.exp(x - top) / total));
      }
  return out;
}

/**
 * softmax(q k^T / sqrt(head size) + mask) v per head; heads are contiguous channels. A query
 * without batch axis serves every
 * batch. The optional fourth input, `[batch, keys]`, is added to the scores.
 */
const attention = defineOp({
  summary:
    "softmax(q k^T / sqrt(head size) + mask) v for each head. The inputs are q, k, v and, " +
    "optionally, a mask `[batch, keys]`. A q without a batch axis is used for the whole batch.",
  attributes,
  inputs: 3,
  optionalInputs: 1,
  weights: [],
  infer([q, k, v, mask], _, given) {
    const { width, batch, queries } = inferScores(q, k, mask, given);
    if (!sameShape(v, k))
      throw new ShapeError(`k of ${showShape(k)} and v of ${showShape(v)} differ`);
    return [batch, queries, width];
  },
  evaluate([q, k, v, mask], _, { heads }) {
    const weights = probabilities(q, k, mask, Number(heads));
    const [batch, , queries, keys] = axes(weights.shape, ["batch", "heads", "queries", "keys"]);
    const width = fixed(v.shape.at(-1), "channels");
    const size = width / Number(heads);
    const out = dense([batch, queries, width]);
    for (let b = 0; b < batch; b++)
      for (let i = 0; i < queries; i++)
        for (let c = 0; c < width; c++) {
          const row = ((b * Number(heads) + Math.floor(c / size)) * queries + i) * keys;
          let sum = 0;
          for (let j = 0; j < keys; j++)
            sum += weights.data[row + j]! * v.data[(b * keys + j) * width + c]!;
          out.data[(b * queries + i) * width + c] = sum;
        }
    return out;
  },
});

/**
 * The probabilities of `attention` with the same q, k and mask, `[batch, heads, queries, keys]`;
 * fused with it.
 */
const attentionProbabilities = defineOp({
  summary:
    "The probabilities of an attention of the same q, k and mask, `[batch, heads, queries, keys]`.",
  attributes,
  inputs: 2,
  optionalInputs: 1,
  weights: [],
  infer([q, k, mask], _, given) {
    const { batch, queries, keys } = inferScores(q, k, mask, given);
    return [batch, Number(given.heads), queries, keys];
  },
  evaluate: ([q, k, mask], _, { heads }) => probabilities(q, k, mask, Number(heads)),
});

export const attentionOps = { attention, attention_probabilities: attentionProbabilities };
