/** The image tower of a SiglipModel as ONNX. */
import { EncoderGraph } from "./encoder-graph.mjs";

const root = "vision_model";

export function visionTower(config, weight, form) {
  const {
    hidden_size: width,
    image_size: side,
    patch_size: patch,
    num_channels: channels,
  } = config;
  const grid = Math.floor(side / patch);
  const tokens = grid * grid;
  const graph = new EncoderGraph(config, weight, form, tokens);
  const pixels = graph.input("pixel_values", [1, channels, side, side]);
  const kernel = [width, channels, patch, patch];
  const embedded = graph.products.conv(
    pixels,
    kernel,
    weight(`${root}.embeddings.patch_embedding.weight`, kernel),
    weight(`${root}.embeddings.patch_embedding.bias`, [width]),
    { kernel_shape: [patch, patch], strides: [patch, patch] },
  );
  const rows = graph.node(
    "Transpose",
    [graph.node("Reshape", [embedded, graph.shape(1, width, tokens)])],
    { perm: [0, 2, 1] },
  );
  const positions = graph.read(`${root}.embeddings.position_embedding.weight`, tokens, width);
  const hidden = graph.encode(graph.node("Add", [rows, positions]), root, "post_layernorm");
  const pooled = pool(graph, weight, width, hidden);
  graph.node("Reshape", [pooled, graph.shape(1, width)], {}, { output: "pooler_output" });
  graph.output("pooler_output", [1, width]);
  return graph.serialise();
}

/** The head: a probe attends to all patches. */
function pool(graph, weight, width, hidden) {
  const head = `${root}.head`;
  const packed = weight(`${head}.attention.in_proj_weight`, [3 * width, width]);
  const bias = weight(`${head}.attention.in_proj_bias`, [3 * width]);
  const project = (input, i) =>
    graph.linear(
      input,
      width,
      width,
      packed.slice(i * width * width, (i + 1) * width * width),
      bias.slice(i * width, (i + 1) * width),
    );
  const attended = graph.attention(
    project(graph.read(`${head}.probe`, 1, 1, width), 0),
    project(hidden, 1),
    project(hidden, 2),
    1,
  );
  const out = graph.named(attended, `${head}.attention.out_proj`, width, width);
  const normal = graph.norm(out, `${head}.layernorm`);
  return graph.node("Add", [out, graph.mlp(normal, `${head}.mlp`)]);
}
