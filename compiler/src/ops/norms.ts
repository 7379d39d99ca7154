import { fixed, showShape } from "../ir/extent.ts";
import { defineOp, ShapeError, dense, rowsOf, type Dense, type Op } from "./op.ts";

const perRow = (x: Dense, groups: number, row: (values: Float64Array) => Float64Array): Dense => {
  const whole = rowsOf(x);
  const [rows, width] = [whole.rows * groups, whole.width / groups];
  const y = dense(x.shape);
  for (let r = 0; r < rows; r++)
    y.data.set(row(x.data.subarray(r * width, (r + 1) * width)), r * width);
  return y;
};
const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;

const groups = {
  type: "integer",
  minimum: 1,
  default: 1,
  description:
    "The number of equal parts of the last axis that are normalised separately, with the same " +
    "weights, such as the heads of queries or keys.",
} as const;

const epsilon = {
  type: "number",
  minimum: 0,
  default: 0,
  description: "The number that is added under the square root.",
} as const;

const norm = (
  described: Pick<Op, "summary" | "attributes">,
  weights: readonly string[],
  scale: (values: Float64Array, epsilon: number) => Float64Array,
) =>
  defineOp({
    ...described,
    rowWise: true,
    inputs: 1,
    weights,
    infer([x], given, { groups }) {
      const all = fixed(x.at(-1), "channels");
      const channels = all / Number(groups ?? 1);
      if (!Number.isInteger(channels))
        throw new ShapeError(`${all} channels do not form ${groups} groups of one size`);
      for (const [role, shape] of Object.entries(given))
        if (shape.length !== 1 || shape[0] !== channels)
          throw new ShapeError(
            `a ${role} of ${showShape(shape)} does not fit ${channels} channels`,
          );
      return x;
    },
    evaluate([x], { weight, bias }, { epsilon, groups }) {
      return perRow(x, Number(groups ?? 1), (values) =>
        scale(values, Number(epsilon ?? 0)).map(
          (v, i) => v * (weight?.data[i] ?? 1) + (bias?.data[i] ?? 0),
        ),
      );
    },
  });

/** (x - mean) / sqrt(biased variance + epsilon) * weight + bias (torch.nn.LayerNorm). */
const layerNorm = norm(
  {
    summary:
      "(x - mean) / sqrt(biased variance + epsilon) * weight + bias over the last axis, as " +
      "torch.nn.LayerNorm.",
    attributes: { epsilon, groups },
  },
  ["weight", "bias"],
  (values, epsilon) => {
    const centre = mean(values);
    const variance = mean(values.map((v) => (v - centre) ** 2));
    return values.map((v) => (v - centre) / Math.sqrt(variance + epsilon));
  },
);

/** x / sqrt(mean of squares + epsilon) * weight (torch.nn.RMSNorm). */
const rmsNorm = norm(
  {
    summary:
      "x / sqrt(mean of squares + epsilon) * weight over the last axis, as torch.nn.RMSNorm.",
    attributes: { epsilon, groups },
  },
  ["weight"],
  (values, epsilon) => {
    const size = Math.sqrt(mean(values.map((v) => v * v)) + epsilon);
    return values.map((v) => v / size);
  },
);

/** x / ||x||2, without an epsilon, as SiglipModel normalises its embeddings. */
const l2Normalize = norm(
  {
    summary: "x / ||x|| over the last axis, without an epsilon.",
    attributes: { groups },
  },
  [],
  (values) => {
    const size = Math.sqrt(values.reduce((a, b) => a + b * b, 0));
    return values.map((v) => v / size);
  },
);

export const normOps = { l2_normalize: l2Normalize, layer_norm: layerNorm, rms_norm: rmsNorm };
