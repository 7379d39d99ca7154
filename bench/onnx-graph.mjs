/** Builds an ONNX model node by node (onnx.proto3). */
import { bytes, float, integer, message, serialise, text } from "./protobuf.mjs";

const types = { float32: 1, uint8: 2, int64: 7 };
const typeOf = (data) =>
  data instanceof Float32Array
    ? types.float32
    : data instanceof Uint8Array
      ? types.uint8
      : types.int64;

export class OnnxGraph {
  #nodes = [];
  #tensors = [];
  #inputs = [];
  #outputs = [];
  #names = 0;

  input(name, shape, type = "float32") {
    this.#inputs.push(this.#value(11, name, shape, type));
    return name;
  }

  output(name, shape) {
    this.#outputs.push(this.#value(12, name, shape, "float32"));
  }

  /** A constant; `data` is a Float32Array, a Uint8Array or a BigInt64Array. */
  tensor(shape, data) {
    const name = `t${this.#names++}`;
    this.#tensors.push(
      message(
        5,
        ...shape.map((size) => integer(1, size)),
        integer(2, typeOf(data)),
        text(8, name),
        bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      ),
    );
    return name;
  }

  /** An operation; its output. */
  node(op, inputs, attributes = {}, { domain = "", output = `v${this.#names++}` } = {}) {
    this.#add(op, inputs, attributes, domain, [output]);
    return output;
  }

  /** An operation; those of its outputs that are wanted, by position. */
  nodes(op, inputs, attributes, { domain = "", outputs }) {
    const names = Array.from({ length: Math.max(...outputs) + 1 }, (_, i) =>
      outputs.includes(i) ? `v${this.#names++}` : "",
    );
    this.#add(op, inputs, attributes, domain, names);
    return outputs.map((i) => names[i]);
  }

  /** Attributes: integers, arrays of integers, strings, and numbers as `{ float }`. */
  #add(op, inputs, attributes, domain, outputs) {
    const fields = Object.entries(attributes).map(([name, value]) => {
      if (Array.isArray(value))
        return message(5, text(1, name), ...value.map((one) => integer(8, one)), integer(20, 7));
      if (typeof value === "string")
        return message(5, text(1, name), text(4, value), integer(20, 3));
      if (typeof value === "object")
        return message(5, text(1, name), float(2, value.float), integer(20, 1));
      return message(5, text(1, name), integer(3, value), integer(20, 2));
    });
    this.#nodes.push(
      message(
        1,
        ...inputs.map((name) => text(1, name)),
        ...outputs.map((name) => text(2, name)),
        text(4, op),
        ...fields,
        text(7, domain),
      ),
    );
  }

  serialise() {
    const graph = message(
      7,
      ...this.#nodes,
      text(2, "sigil-bench"),
      ...this.#tensors,
      ...this.#inputs,
      ...this.#outputs,
    );
    const opset = (domain, version) => message(8, text(1, domain), integer(2, version));
    return serialise(integer(1, 9), graph, opset("", 20), opset("com.microsoft", 1));
  }

  #value(field, name, shape, type) {
    const dims = shape.map((size) => message(1, integer(1, size)));
    return message(
      field,
      text(1, name),
      message(2, message(1, integer(1, types[type]), message(2, ...dims))),
    );
  }
}
