import { fixed, showShape } from "../ir/extent.ts";
import { defineOp, dense, rowsOf, ShapeError } from "./op.ts";

/**
 * y = x W^T + b over the last axis; W is `[out, ...]`, its trailing axes flattened
 * (torch.nn.Linear, and Conv2d on patches).
 */
const linear = defineOp({
  summary:
    "x W^T + b over the last axis. `weight` is W, `[outputs, ...]`, with all axes but the first " +
    "flattened. `bias` is b, `[outputs]`. Only this op reads patches.",
  rowWise: true,
  inputs: 1,
  weights: ["weight"],
  optionalWeights: ["bias"],
  infer([x], { weight, bias }) {
    const depth = weight.slice(1).reduce((a, b) => a * b, 1);
    if (x.at(-1) !== depth)
      throw new ShapeError(
        `the input has ${showShape(x.slice(-1)).slice(1, -1)} channels, the weight takes ${depth}`,
      );
    if (bias && (bias.length !== 1 || bias[0] !== weight[0]))
      throw new ShapeError(`a bias of ${showShape(bias)} does not fit ${weight[0]} outputs`);
    return [...x.slice(0, -1), fixed(weight[0], "outputs")];
  },
  evaluate([x], { weight, bias }) {
    const { rows, width } = rowsOf(x);
    const outputs = fixed(weight.shape[0], "outputs");
    const y = dense([...x.shape.slice(0, -1), outputs]);
    for (let r = 0; r < rows; r++)
      for (let o = 0; o < outputs; o++) {
        let sum = bias ? bias.data[o]! : 0;
        for (let k = 0; k < width; k++) sum += x.data[r * width + k]! * weight.data[o * width + k]!;
        y.data[r * outputs + o] = sum;
      }
    return y;
  },
});

/** a b^T over two matrices that a run computes. */
const similarity = defineOp({
  summary: "a b^T of two computed matrices, `[a rows, channels]` and `[b rows, channels]`.",
  inputs: 2,
  weights: [],
  infer([a, b]) {
    const [rows, depth, ...more] = a;
    const [columns, channels, ...others] = b;
    if (
      rows === undefined ||
      columns === undefined ||
      more.length + others.length > 0 ||
      fixed(depth, "channels") !== channels
    )
      throw new ShapeError(`rows of ${showShape(a)} and ${showShape(b)} cannot be compared`);
    return [rows, columns];
  },
  evaluate([a, b]) {
    return linear.evaluate([a], { weight: b }, {});
  },
});

export const productOps = { linear, similarity };
