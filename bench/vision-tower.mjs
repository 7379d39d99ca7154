/** The image tower of a SiglipModel as ONNX, from the same weights as Sigil's. */
import { OnnxGraph } from "./onnx-graph.mjs";

/** `fused`: attention as onnxruntime's own MultiHeadAttention; else as the operations that an export has. */
export function visionTower(config, weight, { fused }) {
  const { hidden_size: width, num_attention_heads: heads, num_hidden_layers: layers, image_size: side, patch_size: patch, num_channels: channels, layer_norm_eps: epsilon, intermediate_size: inner } = config;
  const grid = Math.floor(side / patch);
  const tokens = grid * grid;
  const size = width / heads;
  const graph = new OnnxGraph();
  const shape = (...sizes) => graph.tensor([sizes.length], BigInt64Array.from(sizes.map(BigInt)));
  const read = (name, ...sizes) => graph.tensor(sizes, weight(name, sizes));
  /** x W^T + b with the weight turned round, as onnxruntime likes it. */
  const linear = (x, rows, columns, matrix, bias) => {
    const turned = new Float32Array(rows * columns);
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) turned[c * rows + r] = matrix[r * columns + c];
    return graph.node("Add", [graph.node("MatMul", [x, graph.tensor([columns, rows], turned)]), graph.tensor([rows], bias)]);
  };
  const named = (x, name, rows, columns) => linear(x, rows, columns, weight(`${name}.weight`, [rows, columns]), weight(`${name}.bias`, [rows]));
  const norm = (x, name) => graph.node("LayerNormalization", [x, read(`${name}.weight`, width), read(`${name}.bias`, width)], { axis: -1n & 0xffffffffffffffffn, epsilon: { float: epsilon } });
  const mlp = (x, name) => named(graph.node("Gelu", [named(x, `${name}.fc1`, inner, width)], { approximate: "tanh" }), `${name}.fc2`, width, inner);
  const scale = graph.tensor([1], Float32Array.of(size ** -0.5));
  const attention = (q, k, v, queries) => {
    if (fused) return graph.node("MultiHeadAttention", [q, k, v], { num_heads: heads }, { domain: "com.microsoft" });
    const split = (x, count, order) => graph.node("Transpose", [graph.node("Reshape", [x, shape(1, count, heads, size)])], { perm: order });
    const scores = graph.node("Mul", [graph.node("MatMul", [split(q, queries, [0, 2, 1, 3]), split(k, tokens, [0, 2, 3, 1])]), scale]);
    const mixed = graph.node("MatMul", [graph.node("Softmax", [scores], { axis: 3 }), split(v, tokens, [0, 2, 1, 3])]);
    return graph.node("Reshape", [graph.node("Transpose", [mixed], { perm: [0, 2, 1, 3] }), shape(1, queries, width)]);
  };

  const root = "vision_model";
  const pixels = graph.input("pixel_values", [1, channels, side, side]);
  const embedded = graph.node("Conv", [pixels, read(`${root}.embeddings.patch_embedding.weight`, width, channels, patch, patch), read(`${root}.embeddings.patch_embedding.bias`, width)], { kernel_shape: [patch, patch], strides: [patch, patch] });
  const rows = graph.node("Transpose", [graph.node("Reshape", [embedded, shape(1, width, tokens)])], { perm: [0, 2, 1] });
  let x = graph.node("Add", [rows, read(`${root}.embeddings.position_embedding.weight`, tokens, width)]);
  for (let i = 0; i < layers; i++) {
    const layer = `${root}.encoder.layers.${i}`;
    const h = norm(x, `${layer}.layer_norm1`);
    const [q, k, v] = ["q", "k", "v"].map((name) => named(h, `${layer}.self_attn.${name}_proj`, width, width));
    x = graph.node("Add", [x, named(attention(q, k, v, tokens), `${layer}.self_attn.out_proj`, width, width)]);
    x = graph.node("Add", [x, mlp(norm(x, `${layer}.layer_norm2`), `${layer}.mlp`)]);
  }
  x = norm(x, `${root}.post_layernorm`);
  const head = `${root}.head`;
  const packed = weight(`${head}.attention.in_proj_weight`, [3 * width, width]);
  const bias = weight(`${head}.attention.in_proj_bias`, [3 * width]);
  const project = (input, i) => linear(input, width, width, packed.slice(i * width * width, (i + 1) * width * width), bias.slice(i * width, (i + 1) * width));
  const attended = attention(project(read(`${head}.probe`, 1, 1, width), 0), project(x, 1), project(x, 2), 1);
  const out = named(attended, `${head}.attention.out_proj`, width, width);
  const sum = graph.node("Add", [out, mlp(norm(out, `${head}.layernorm`), `${head}.mlp`)]);
  graph.node("Reshape", [sum, shape(1, width)], {}, { output: "pooler_output" });
  graph.output("pooler_output", [1, width]);
  return graph.serialise();
}
