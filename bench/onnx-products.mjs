/** How an ONNX graph multiplies by its weights: in floats, or as transformers.js ships them. */

/** A matrix [rows, columns] as a constant [columns, rows], as onnxruntime likes it. */
export const turned = (graph, rows, columns, matrix) =>
  graph.tensor([columns, rows], transposed(rows, columns, matrix, Float32Array));

function transposed(rows, columns, matrix, Kind) {
  const out = new Kind(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) out[c * rows + r] = matrix[r * columns + c];
  return out;
}

export const floats = (graph) => ({
  matMul: (x, rows, columns, matrix) =>
    graph.node("MatMul", [x, turned(graph, rows, columns, matrix)]),
  conv: (x, shape, matrix, bias, attributes) =>
    graph.node(
      "Conv",
      [x, graph.tensor(shape, matrix), graph.tensor([bias.length], bias)],
      attributes,
    ),
});

/**
 * `dtype: "q8"`: onnxruntime's quantize_dynamic with what scripts/quantize.py of transformers.js
 * asks for. Weights are uint8 with one scale and one zero point a tensor, and so are activations,
 * whose range each product finds anew.
 */
export function dynamicInt8(graph) {
  const float32 = { to: 1n };
  const product = (op, x, tensor, zero, scale, attributes = {}) => {
    const [codes, xScale, xZero] = graph.nodes(
      "DynamicQuantizeLinear",
      [x],
      {},
      {
        outputs: [0, 1, 2],
      },
    );
    const sums = graph.node(op, [codes, tensor, xZero, zero], attributes);
    return graph.node("Mul", [
      graph.node("Cast", [sums], float32),
      graph.node("Mul", [xScale, scale]),
    ]);
  };
  const quantised = (matrix) => {
    const { codes, scale, zero } = asymmetric(matrix);
    return {
      codes,
      zero: graph.tensor([], Uint8Array.of(zero)),
      scale: graph.tensor([], Float32Array.of(scale)),
    };
  };
  return {
    matMul(x, rows, columns, matrix) {
      const { codes, zero, scale } = quantised(matrix);
      const tensor = graph.tensor([columns, rows], transposed(rows, columns, codes, Uint8Array));
      return product("MatMulInteger", x, tensor, zero, scale);
    },
    conv(x, shape, matrix, bias, attributes) {
      const { codes, zero, scale } = quantised(matrix);
      const sums = product("ConvInteger", x, graph.tensor(shape, codes), zero, scale, attributes);
      return graph.node("Add", [sums, graph.tensor([1, bias.length, 1, 1], bias)]);
    },
  };
}

/** Codes of a whole tensor, whose range holds 0. */
function asymmetric(matrix) {
  const [least, most] = matrix.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [0, 0]);
  const scale = (most - least) / 255 || 1;
  const zero = Math.round(-least / scale);
  return {
    codes: Uint8Array.from(matrix, (x) => Math.max(0, Math.min(255, Math.round(x / scale) + zero))),
    scale: Math.fround(scale),
    zero,
  };
}

const block = 32;

/**
 * `dtype: "q4"`: MatMulNBits in blocks of 32, symmetric, the value of largest magnitude becoming
 * -8 (MatMul4BitsQuantizer). Convolutions stay floats.
 */
export const nBits = (graph) => ({
  ...floats(graph),
  matMul(x, rows, columns, matrix) {
    const blocks = Math.ceil(columns / block);
    const codes = new Uint8Array((rows * blocks * block) / 2).fill(0x88);
    const scales = new Float32Array(rows * blocks);
    for (let row = 0, g = 0; row < rows; row++)
      for (let first = 0; first < columns; first += block, g++) {
        const values = matrix.subarray(
          row * columns + first,
          row * columns + Math.min(columns, first + block),
        );
        const extreme = values.reduce((a, x) => (Math.abs(x) > Math.abs(a) ? x : a), 0);
        const scale = Math.fround(extreme / -8);
        scales[g] = scale;
        values.forEach((value, i) => {
          const code = Math.max(0, Math.min(15, Math.round(scale === 0 ? 0 : value / scale) + 8));
          const at = (g * block + i) >> 1;
          codes[at] = i & 1 ? (codes[at] & 0x0f) | (code << 4) : (codes[at] & 0xf0) | code;
        });
      }
    return graph.node(
      "MatMulNBits",
      [x, graph.tensor([rows, blocks, block / 2], codes), graph.tensor([rows * blocks], scales)],
      { K: BigInt(columns), N: BigInt(rows), bits: 4n, block_size: BigInt(block) },
      { domain: "com.microsoft" },
    );
  },
});
