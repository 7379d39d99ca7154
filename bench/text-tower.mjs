/** The text tower of a SiglipModel as ONNX. It attends to padding, so it has no mask. */
import { EncoderGraph } from "./encoder-graph.mjs";

const root = "text_model";

export function textTower(config, weight, form) {
  const { hidden_size: width, vocab_size: words, max_position_embeddings: tokens } = config;
  const graph = new EncoderGraph(config, weight, form, tokens);
  const ids = graph.input("input_ids", [1, tokens], "int64");
  const embeddings = `${root}.embeddings`;
  const rows = graph.node("Gather", [
    graph.read(`${embeddings}.token_embedding.weight`, words, width),
    ids,
  ]);
  const positions = graph.read(`${embeddings}.position_embedding.weight`, tokens, width);
  const hidden = graph.encode(graph.node("Add", [rows, positions]), root, "final_layer_norm");
  const last = graph.node("Gather", [hidden, graph.tensor([], BigInt64Array.of(-1n))], { axis: 1 });
  const pooled = graph.named(last, `${root}.head`, config.projection_size, width);
  graph.node("Identity", [pooled], {}, { output: "pooler_output" });
  graph.output("pooler_output", [1, config.projection_size]);
  return graph.serialise();
}
