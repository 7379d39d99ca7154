/** The losses of transformers' SigLIP models, in float64 over float32 logits. */
import { shown } from "@sigil/spec/shared";
import { InputError } from "./input-error.ts";
import type { Tensor } from "./program.ts";

/** log(1 / (1 + exp(-x))), finite for every finite x. */
const logSigmoid = (x: number): number => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));

/**
 * The loss of SiglipModel: minus the sum over images of log sigmoid(z * logit), with z = 1 for the
 * image that belongs to the text and -1 for the others; then the mean over texts.
 */
export function sigmoidLoss(logitsPerText: Tensor): number {
  const [texts, images] = logitsPerText.shape as readonly [number, number];
  if (texts !== images)
    throw new InputError(
      `return_loss: expected as many texts as images, received ${texts} texts and ${images} images`,
    );
  let sum = 0;
  logitsPerText.data.forEach(
    (logit, i) => (sum -= logSigmoid(Math.floor(i / images) === i % images ? logit : -logit)),
  );
  return sum / texts;
}

export type ProblemType =
  | "regression"
  | "single_label_classification"
  | "multi_label_classification";

/** One class index per picture, or one row of targets per picture. */
export type Labels = readonly number[] | readonly (readonly number[])[];

/** `problem_type` as transformers infers it from the number of labels and their kind. */
export function inferProblemType(labels: Labels, classes: number): ProblemType {
  if (classes === 1) return "regression";
  return labels.every((label) => typeof label === "number" && Number.isInteger(label))
    ? "single_label_classification"
    : "multi_label_classification";
}

/**
 * Mean squared error, cross entropy (class -100 is ignored) or binary cross entropy, as `problem`
 * says. Throws InputError for labels of the wrong kind, number or range.
 */
export function classificationLoss(logits: Tensor, labels: Labels, problem: ProblemType): number {
  const [batch, classes] = logits.shape as readonly [number, number];
  if (!Array.isArray(labels) || labels.length !== batch)
    throw new InputError(
      `labels: expected ${batch}, one for each picture, received ` +
        `${Array.isArray(labels) ? labels.length : typeof labels}`,
    );
  const logit = (b: number, c: number): number => logits.data[b * classes + c]!;
  if (problem === "single_label_classification") {
    const indices = labels.map((label, b) => {
      if (typeof label !== "number" || !Number.isInteger(label))
        throw new InputError(`labels[${b}]: expected a class index, received ${shown(label)}`);
      if (label !== -100 && (label < 0 || label >= classes))
        throw new InputError(
          `labels[${b}]: expected 0 to ${classes - 1}, or -100 to ignore it, received ${label}`,
        );
      return label;
    });
    const kept = indices.flatMap((label, b) => (label === -100 ? [] : [{ label, b }]));
    const total = kept.reduce((sum, { label, b }) => {
      const row = Array.from({ length: classes }, (_, c) => logit(b, c));
      const top = Math.max(...row);
      return sum + top + Math.log(row.reduce((s, x) => s + Math.exp(x - top), 0)) - logit(b, label);
    }, 0);
    return total / kept.length;
  }
  let sum = 0;
  labels.forEach((label, b) => {
    const row = typeof label === "number" && classes === 1 ? [label] : label;
    if (
      !Array.isArray(row) ||
      row.length !== classes ||
      !row.every((value) => typeof value === "number" && Number.isFinite(value))
    )
      throw new InputError(`labels[${b}]: expected ${classes} numbers, received ${shown(label)}`);
    row.forEach((target: number, c) => {
      const x = logit(b, c);
      sum +=
        problem === "regression"
          ? (x - target) ** 2
          : -(target * logSigmoid(x) + (1 - target) * logSigmoid(-x));
    });
  });
  return sum / (batch * classes);
}
