/** The layers that a checkpoint has weights for, as ONNX, from the same weights as Sigil's. */
import { OnnxGraph } from "./onnx-graph.mjs";
import { dynamicInt8, floats, nBits } from "./onnx-products.mjs";

const products = { q8: dynamicInt8, q4: nBits };

/** A graph whose layers have the names of a checkpoint. */
export class LayerGraph extends OnnxGraph {
  #epsilon;

  constructor({ hidden_size: width, layer_norm_eps: epsilon }, weight, form) {
    super();
    this.#epsilon = { epsilon: { float: epsilon } };
    this.width = width;
    this.weight = weight;
    /** Whether onnxruntime's own operators stand for several of ONNX. */
    this.fused = form === "contrib";
    this.products = (products[form] ?? floats)(this);
  }

  /** A node of an operator that onnxruntime adds to those of ONNX. */
  own(op, inputs, attributes = {}) {
    return this.node(op, inputs, attributes, { domain: "com.microsoft" });
  }

  shape(...sizes) {
    return this.tensor([sizes.length], BigInt64Array.from(sizes.map(BigInt)));
  }

  read(name, ...sizes) {
    return this.tensor(sizes, this.weight(name, sizes));
  }

  /** What `named` has before its bias. */
  product(x, name, rows, columns) {
    return this.products.matMul(x, rows, columns, this.weight(`${name}.weight`, [rows, columns]));
  }

  /** The linear layer of a matrix [rows, columns] and a bias. */
  linear(x, rows, columns, matrix, bias) {
    const product = this.products.matMul(x, rows, columns, matrix);
    return this.node("Add", [product, this.tensor([rows], bias)]);
  }

  /** The linear layer of the weights that have a name. */
  named(x, name, rows, columns) {
    const product = this.product(x, name, rows, columns);
    return this.node("Add", [product, this.read(`${name}.bias`, rows)]);
  }

  norm(x, name) {
    return this.node("LayerNormalization", [x, ...this.#normWeights(name)], {
      axis: -1n & 0xffffffffffffffffn,
      ...this.#epsilon,
    });
  }

  /** The sum of two tensors, and its norm. */
  addNorm(x, y, name) {
    if (this.fused) {
      const [normal, sum] = this.nodes(
        "SkipLayerNormalization",
        [x, y, ...this.#normWeights(name)],
        this.#epsilon,
        { domain: "com.microsoft", outputs: [0, 3] },
      );
      return { sum, normal };
    }
    const sum = this.node("Add", [x, y]);
    return { sum, normal: this.norm(sum, name) };
  }

  #normWeights(name) {
    return [this.read(`${name}.weight`, this.width), this.read(`${name}.bias`, this.width)];
  }
}
