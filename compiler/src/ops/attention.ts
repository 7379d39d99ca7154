import { fixed } from "../ir/extent.ts";
import { dense, ShapeError, type Op } from "./op.ts";

/** softmax(q k^T / sqrt(head size)) v per head; heads are contiguous channels. A query without batch axis serves every batch. */
export const attention: Op = {
  inputs: 3,
  weights: [],
  infer([q, k, v], _, { heads }) {
    const width = fixed(q!.at(-1), "channels");
    if (width % Number(heads) !== 0) throw new ShapeError(`${heads} heads do not divide ${width} channels`);
    if (k!.at(-1) !== width || v!.at(-1) !== width) throw new ShapeError(`q, k and v have ${width}, ${k!.at(-1)} and ${v!.at(-1)} channels`);
    return [k![0]!, q!.at(-2)!, width];
  },
  evaluate([q, k, v], _, { heads }) {
    const [batch, keys, width] = k!.shape as [number, number, number];
    const queries = q!.shape.at(-2)!;
    const size = width / Number(heads);
    const out = dense([batch, queries, width]);
    const shared = q!.data.length === queries * width;
    for (let b = 0; b < batch; b++)
      for (let h = 0; h < Number(heads); h++)
        for (let i = 0; i < queries; i++) {
          const query = ((shared ? 0 : b) * queries + i) * width + h * size;
          const scores = new Float64Array(keys);
          for (let j = 0; j < keys; j++) {
            let dot = 0;
            for (let c = 0; c < size; c++) dot += q!.data[query + c]! * k!.data[(b * keys + j) * width + h * size + c]!;
            scores[j] = dot / Math.sqrt(size);
          }
          const top = scores.reduce((a, x) => Math.max(a, x), -Infinity);
          const weights = scores.map((x) => Math.exp(x - top));
          const total = weights.reduce((a, x) => a + x, 0);
          for (let j = 0; j < keys; j++)
            for (let c = 0; c < size; c++) out.data[(b * queries + i) * width + h * size + c]! += (weights[j]! / total) * v!.data[(b * keys + j) * width + h * size + c]!;
        }
    return out;
  },
};
