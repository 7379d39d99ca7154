/** The encoder of a SiglipModel's towers as ONNX: images and texts have the same. */
import { LayerGraph } from "./layer-graph.mjs";
import { turned } from "./onnx-products.mjs";

/**
 * `exported`: the operations of an export, which onnxruntime fuses as it can. `contrib`: its own
 * Attention, FastGelu and SkipLayerNormalization. An image tower has `q8` and `q4` too: the
 * exported operations with the weights that transformers.js ships under these names.
 */
export const forms = ["exported", "contrib"];

/** A graph of one picture or text, all of whose `tokens` are attended to. */
export class EncoderGraph extends LayerGraph {
  #config;
  #tokens;

  constructor(config, weight, form, tokens) {
    super(config, weight, form);
    this.#config = config;
    this.#tokens = tokens;
  }

  mlp(x, name) {
    const { intermediate_size: inner } = this.#config;
    const hidden = this.fused
      ? this.own("FastGelu", [
          this.product(x, `${name}.fc1`, inner, this.width),
          this.read(`${name}.fc1.bias`, inner),
        ])
      : this.node("Gelu", [this.named(x, `${name}.fc1`, inner, this.width)], {
          approximate: "tanh",
        });
    return this.named(hidden, `${name}.fc2`, this.width, inner);
  }

  /** What `queries` rows of `q` take from all tokens. */
  attention(q, k, v, queries) {
    const { num_attention_heads: heads } = this.#config;
    if (this.fused) return this.own("MultiHeadAttention", [q, k, v], { num_heads: heads });
    const size = this.width / heads;
    const split = (x, count, order) =>
      this.node("Transpose", [this.node("Reshape", [x, this.shape(1, count, heads, size)])], {
        perm: order,
      });
    const scores = this.node("Mul", [
      this.node("MatMul", [split(q, queries, [0, 2, 1, 3]), split(k, this.#tokens, [0, 2, 3, 1])]),
      this.tensor([1], Float32Array.of(size ** -0.5)),
    ]);
    const mixed = this.node("MatMul", [
      this.node("Softmax", [scores], { axis: 3 }),
      split(v, this.#tokens, [0, 2, 1, 3]),
    ]);
    return this.node("Reshape", [
      this.node("Transpose", [mixed], { perm: [0, 2, 1, 3] }),
      this.shape(1, queries, this.width),
    ]);
  }

  #selfAttention(x, name) {
    const { width } = this;
    const parts = ["q", "k", "v"].map((part) => `${name}.${part}_proj`);
    if (!this.fused)
      return this.attention(
        ...parts.map((part) => this.named(x, part, width, width)),
        this.#tokens,
      );
    const join = (pieces) =>
      Float32Array.from(
        { length: pieces.length * pieces[0].length },
        (_, i) => pieces[Math.floor(i / pieces[0].length)][i % pieces[0].length],
      );
    const matrix = join(parts.map((part) => this.weight(`${part}.weight`, [width, width])));
    const bias = join(parts.map((part) => this.weight(`${part}.bias`, [width])));
    return this.own(
      "Attention",
      [x, turned(this, 3 * width, width, matrix), this.tensor([3 * width], bias)],
      { num_heads: this.#config.num_attention_heads },
    );
  }

  /** All layers of the encoder below `root`, and the norm after the last one. */
  encode(embedded, root, lastNorm) {
    const { width } = this;
    const { num_hidden_layers: layers } = this.#config;
    const layer = (i) => `${root}.encoder.layers.${i}`;
    let sum = embedded;
    let normal = this.norm(sum, `${layer(0)}.layer_norm1`);
    for (let i = 0; i < layers; i++) {
      const attended = this.#selfAttention(normal, `${layer(i)}.self_attn`);
      const mixed = this.named(attended, `${layer(i)}.self_attn.out_proj`, width, width);
      ({ sum, normal } = this.addNorm(sum, mixed, `${layer(i)}.layer_norm2`));
      ({ sum, normal } = this.addNorm(
        sum,
        this.mlp(normal, `${layer(i)}.mlp`),
        i + 1 < layers ? `${layer(i + 1)}.layer_norm1` : `${root}.${lastNorm}`,
      ));
    }
    return normal;
  }
}
