/**
 * Attention alone at the sizes that are compared with PyTorch's backends: tokens of SigLIP's
 * towers, in heads of their widths.
 */
import { emitCuda } from "@sigil/compiler/internal";
import { kernelModel } from "./kernel-model.mjs";
import { attentionName } from "./models.mjs";

const sizes = [
  ...[64, 196, 256, 576, 1024].map((tokens) => ({ heads: 12, headSize: 64, tokens })),
  ...[64, 256, 729].map((tokens) => ({ heads: 16, headSize: 72, tokens })),
];
const batch = 32;
const small = [{ heads: 2, headSize: 64, tokens: 16 }];

/** Rows of q, k and v as in a packed projection. `rehearsal`: one small size. */
export function attentionModel({ rehearsal = false } = {}) {
  const symbols = { batch: rehearsal ? 1 : batch };
  const asked = (rehearsal ? small : sizes).map(({ heads, headSize, tokens }, i) => {
    const width = heads * headSize;
    const stride = 3 * width;
    const value = (id, columns) => ({
      kind: "value",
      offset: 0,
      value: {
        id: 4 * i + id,
        dtype: "bfloat16",
        shape: [{ factor: 1, symbols: ["batch"] }, tokens, columns],
      },
    });
    const problem = {
      family: "attention",
      batch: { factor: 1, symbols: ["batch"] },
      heads,
      headSize,
      queries: tokens,
      keys: tokens,
      queryStride: stride,
      keyStride: stride,
      valueStride: stride,
      sharedQuery: false,
      scale: headSize ** -0.5,
      mask: false,
      probabilities: false,
    };
    return {
      problem,
      operands: [value(0, stride), value(1, stride), value(2, stride), value(3, width)],
      origins: [`attention.${headSize}.${tokens}`],
      symbols,
    };
  });
  const { kernels, sources, launches } = emitCuda(asked);
  const operandsOf = ({ operands }) =>
    operands.map(({ value: { dtype, shape } }, i) => ({
      type: dtype,
      offset: 0,
      written: i === 3,
      count: symbols.batch * shape[1] * shape[2],
    }));
  return kernelModel(attentionName, {
    symbols,
    launches: launches.map(({ name, extents }, i) => ({
      name,
      extents,
      operands: operandsOf(asked[i]),
    })),
    kernels,
    sources,
  });
}
