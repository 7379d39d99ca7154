import { fixed } from "../ir/extent.ts";
import { dense, rowsOf, ShapeError, type Op } from "./op.ts";

/**
 * y = x W^T + b over the last axis; W is `[out, ...]`, its trailing axes flattened
 * (torch.nn.Linear, and Conv2d on patches).
 */
export const linear: Op = {
  inputs: 1,
  weights: ["weight"],
  optionalWeights: ["bias"],
  infer([x], { weight, bias }) {
    const depth = weight!.slice(1).reduce((a, b) => a * b, 1);
    if (x!.at(-1) !== depth)
      throw new ShapeError(`the input has ${x!.at(-1)} channels, the weight takes ${depth}`);
    if (bias && bias[0] !== weight![0])
      throw new ShapeError(`the bias has ${bias[0]} values for ${weight![0]} outputs`);
    return [...x!.slice(0, -1), fixed(weight![0], "outputs")];
  },
  evaluate([x], { weight, bias }) {
    const { rows, width } = rowsOf(x!);
    const outputs = weight!.shape[0]!;
    const y = dense([...x!.shape.slice(0, -1), outputs]);
    for (let r = 0; r < rows; r++)
      for (let o = 0; o < outputs; o++) {
        let sum = bias ? bias.data[o]! : 0;
        for (let k = 0; k < width; k++)
          sum += x!.data[r * width + k]! * weight!.data[o * width + k]!;
        y.data[r * outputs + o] = sum;
      }
    return y;
  },
};

/** a b^T over two matrices that a run computes. */
export const similarity: Op = {
  inputs: 2,
  weights: [],
  infer([a, b]) {
    if (a!.at(-1) !== b!.at(-1))
      throw new ShapeError(`rows of ${a!.at(-1)} and ${b!.at(-1)} channels cannot be compared`);
    return [a![0]!, b![0]!];
  },
  evaluate([a, b]) {
    return linear.evaluate([a!], { weight: b! }, {});
  },
};
