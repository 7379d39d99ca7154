import { fixed, sameShape, showShape, type Shape } from "../ir/extent.ts";
import { dense, ShapeError, type Attributes, type Dense, type Op } from "./op.ts";

function inferScores(
  [q, k, mask]: readonly Shape[],
  { heads }: Attributes,
): { width: number; batch: Shape[number]; queries: Shape[number]; keys: Shape[number] } {
  if (q!.length !== 2 && q!.length !== 3)
    throw new ShapeError(`expected q of [batch, queries, channels], received ${showShape(q!)}`);
  if (k!.length !== 3)
    throw new ShapeError(`expected k of [batch, keys, channels], received ${showShape(k!)}`);
  const width = fixed(q!.at(-1), "channels");
  if (width % Number(heads) !== 0)
    throw new ShapeError(`${heads} heads do not divide ${width} channels`);
  if (k!.at(-1) !== width)
    throw new ShapeError(`q of ${showShape(q!)} and k of ${showShape(k!)} differ in channels`);
  if (q!.length === 3 && !sameShape(q!.slice(0, 1), k!.slice(0, 1)))
    throw new ShapeError(`q of ${showShape(q!)} and k of ${showShape(k!)} differ in batch`);
  if (mask && !sameShape(mask, [k![0]!, k![1]!]))
    throw new ShapeError(`a mask of ${showShape(mask)} does not fit keys of ${showShape(k!)}`);
  return {
    width,
    batch: k![0]!,
    queries: fixed(q!.at(-2), "queries"),
    keys: fixed(k![1], "keys"),
  };
}

const attributes = {
  heads: { type: "integer", minimum: 1, description: "Heads, which divide the channels." },
} as const;

/** softmax(q k^T / sqrt(head size) + mask), `[batch, heads, queries, keys]`. */
function probabilities(q: Dense, k: Dense, mask: Dense | undefined, heads: number): Dense {
  const [batch, keys, width] = k.shape as [number, number, number];
  const queries = q.shape.at(-2)!;
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
const attention: Op = {
  summary:
    "softmax(q k^T / sqrt(head size) + mask) v for each head, of q, k, v and, where there is " +
    "one, a mask `[batch, keys]`. A q without a batch serves every batch.",
  attributes,
  inputs: 3,
  optionalInputs: 1,
  weights: [],
  infer([q, k, v, mask], _, given) {
    const { width, batch, queries } = inferScores([q!, k!, ...(mask ? [mask] : [])], given);
    if (!sameShape(v!, k!))
      throw new ShapeError(`k of ${showShape(k!)} and v of ${showShape(v!)} differ`);
    return [batch, queries, width];
  },
  evaluate([q, k, v, mask], _, { heads }) {
    const weights = probabilities(q!, k!, mask, Number(heads));
    const [batch, , queries, keys] = weights.shape as [number, number, number, number];
    const width = v!.shape.at(-1)!;
    const size = width / Number(heads);
    const out = dense([batch, queries, width]);
    for (let b = 0; b < batch; b++)
      for (let i = 0; i < queries; i++)
        for (let c = 0; c < width; c++) {
          const row = ((b * Number(heads) + Math.floor(c / size)) * queries + i) * keys;
          let sum = 0;
          for (let j = 0; j < keys; j++)
            sum += weights.data[row + j]! * v!.data[(b * keys + j) * width + c]!;
          out.data[(b * queries + i) * width + c] = sum;
        }
    return out;
  },
};

/**
 * The probabilities of `attention` with the same q, k and mask, `[batch, heads, queries, keys]`;
 * fused with it.
 */
const attentionProbabilities: Op = {
  summary:
    "The probabilities of an attention of the same q, k and mask, `[batch, heads, queries, keys]`.",
  attributes,
  inputs: 2,
  optionalInputs: 1,
  weights: [],
  infer(inputs, _, given) {
    const { batch, queries, keys } = inferScores(inputs, given);
    return [batch, Number(given.heads), queries, keys];
  },
  evaluate: ([q, k, mask], _, { heads }) => probabilities(q!, k!, mask, Number(heads)),
};

export const attentionOps = { attention, attention_probabilities: attentionProbabilities };
