/** The image tower of a SiglipModel as ONNX, from the same weights as Sigil's. */
import { OnnxGraph } from "./onnx-graph.mjs";
import { dynamicInt8, floats, nBits, turned } from "./onnx-products.mjs";

/**
 * `exported`: the operations of an export, which onnxruntime fuses as it can. `contrib`: its own
 * Attention, FastGelu and SkipLayerNormalization. `q8` and `q4`: the exported operations with the
 * weights that transformers.js ships under these names.
 */
export const forms = ["exported", "contrib"];
const products = { q8: dynamicInt8, q4: nBits };

const contrib = { domain: "com.microsoft" };

export function visionTower(config, weight, form) {
  const {
    hidden_size: width,
    num_attention_heads: heads,
    num_hidden_layers: layers,
    image_size: side,
    patch_size: patch,
    num_channels: channels,
    layer_norm_eps: epsilon,
    intermediate_size: inner,
  } = config;
  const own = form === "contrib";
  const grid = Math.floor(side / patch);
  const tokens = grid * grid;
  const size = width / heads;
  const graph = new OnnxGraph();
  const shape = (...sizes) => graph.tensor([sizes.length], BigInt64Array.from(sizes.map(BigInt)));
  const read = (name, ...sizes) => graph.tensor(sizes, weight(name, sizes));
  const of = (products[form] ?? floats)(graph);
  const product = (x, name, rows, columns) =>
    of.matMul(x, rows, columns, weight(`${name}.weight`, [rows, columns]));
  const linear = (x, rows, columns, matrix, bias) =>
    graph.node("Add", [of.matMul(x, rows, columns, matrix), graph.tensor([rows], bias)]);
  const named = (x, name, rows, columns) =>
    graph.node("Add", [product(x, name, rows, columns), read(`${name}.bias`, rows)]);
  const norm = (x, name) =>
    graph.node(
      "LayerNormalization",
      [x, read(`${name}.weight`, width), read(`${name}.bias`, width)],
      { axis: -1n & 0xffffffffffffffffn, epsilon: { float: epsilon } },
    );
  /** The sum of two tensors, and its norm. */
  const addNorm = (x, y, name) => {
    if (own) {
      const [normal, sum] = graph.nodes(
        "SkipLayerNormalization",
        [x, y, read(`${name}.weight`, width), read(`${name}.bias`, width)],
        { epsilon: { float: epsilon } },
        { ...contrib, outputs: [0, 3] },
      );
      return { sum, normal };
    }
    const sum = graph.node("Add", [x, y]);
    return { sum, normal: norm(sum, name) };
  };
  const mlp = (x, name) => {
    const hidden = own
      ? graph.node(
          "FastGelu",
          [product(x, `${name}.fc1`, inner, width), read(`${name}.fc1.bias`, inner)],
          {},
          contrib,
        )
      : graph.node("Gelu", [named(x, `${name}.fc1`, inner, width)], { approximate: "tanh" });
    return named(hidden, `${name}.fc2`, width, inner);
  };
  const attention = (q, k, v, queries) => {
    if (own) return graph.node("MultiHeadAttention", [q, k, v], { num_heads: heads }, contrib);
    const split = (x, count, order) =>
      graph.node("Transpose", [graph.node("Reshape", [x, shape(1, count, heads, size)])], {
        perm: order,
      });
    const scores = graph.node("Mul", [
      graph.node("MatMul", [split(q, queries, [0, 2, 1, 3]), split(k, tokens, [0, 2, 3, 1])]),
      graph.tensor([1], Float32Array.of(size ** -0.5)),
    ]);
    const mixed = graph.node("MatMul", [
      graph.node("Softmax", [scores], { axis: 3 }),
      split(v, tokens, [0, 2, 1, 3]),
    ]);
    return graph.node("Reshape", [
      graph.node("Transpose", [mixed], { perm: [0, 2, 1, 3] }),
      shape(1, queries, width),
    ]);
  };
  const selfAttention = (x, name) => {
    const parts = ["q", "k", "v"].map((part) => `${name}.${part}_proj`);
    if (!own) return attention(...parts.map((part) => named(x, part, width, width)), tokens);
    const join = (pieces) =>
      Float32Array.from(
        { length: pieces.length * pieces[0].length },
        (_, i) => pieces[Math.floor(i / pieces[0].length)][i % pieces[0].length],
      );
    const matrix = join(parts.map((part) => weight(`${part}.weight`, [width, width])));
    const bias = join(parts.map((part) => weight(`${part}.bias`, [width])));
    return graph.node(
      "Attention",
      [x, turned(graph, 3 * width, width, matrix), graph.tensor([3 * width], bias)],
      { num_heads: heads },
      contrib,
    );
  };

  const root = "vision_model";
  const pixels = graph.input("pixel_values", [1, channels, side, side]);
  const kernel = [width, channels, patch, patch];
  const embedded = of.conv(
    pixels,
    kernel,
    weight(`${root}.embeddings.patch_embedding.weight`, kernel),
    weight(`${root}.embeddings.patch_embedding.bias`, [width]),
    { kernel_shape: [patch, patch], strides: [patch, patch] },
  );
  const rows = graph.node(
    "Transpose",
    [graph.node("Reshape", [embedded, shape(1, width, tokens)])],
    { perm: [0, 2, 1] },
  );
  const layer = (i) => `${root}.encoder.layers.${i}`;
  let sum = graph.node("Add", [
    rows,
    read(`${root}.embeddings.position_embedding.weight`, tokens, width),
  ]);
  let normal = norm(sum, `${layer(0)}.layer_norm1`);
  for (let i = 0; i < layers; i++) {
    const mixed = named(
      selfAttention(normal, `${layer(i)}.self_attn`),
      `${layer(i)}.self_attn.out_proj`,
      width,
      width,
    );
    ({ sum, normal } = addNorm(sum, mixed, `${layer(i)}.layer_norm2`));
    ({ sum, normal } = addNorm(
      sum,
      mlp(normal, `${layer(i)}.mlp`),
      i + 1 < layers ? `${layer(i + 1)}.layer_norm1` : `${root}.post_layernorm`,
    ));
  }
  const head = `${root}.head`;
  const packed = weight(`${head}.attention.in_proj_weight`, [3 * width, width]);
  const bias = weight(`${head}.attention.in_proj_bias`, [3 * width]);
  const project = (input, i) =>
    linear(
      input,
      width,
      width,
      packed.slice(i * width * width, (i + 1) * width * width),
      bias.slice(i * width, (i + 1) * width),
    );
  const attended = attention(
    project(read(`${head}.probe`, 1, 1, width), 0),
    project(normal, 1),
    project(normal, 2),
    1,
  );
  const out = named(attended, `${head}.attention.out_proj`, width, width);
  const last = graph.node("Add", [out, mlp(norm(out, `${head}.layernorm`), `${head}.mlp`)]);
  graph.node("Reshape", [last, shape(1, width)], {}, { output: "pooler_output" });
  graph.output("pooler_output", [1, width]);
  return graph.serialise();
}
