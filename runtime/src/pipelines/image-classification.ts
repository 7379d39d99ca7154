/** transformers' `image-classification` pipeline for SiglipForImageClassification. */
import { InputError } from "../model/input-error.ts";
import type { ProblemType } from "../model/losses.ts";
import type { Tensor } from "../model/program.ts";
import type { SiglipVisionInputs } from "../model/run-vision.ts";
import type { SiglipForImageClassification } from "../model/siglip-for-image-classification.ts";
import { visionInputs, type Pictures } from "./pictures.ts";

export interface ClassScore<Label extends string = string> {
  readonly label: Label;
  readonly score: number;
}

export interface ImageClassificationOptions {
  /** `top_k`: how many labels to return. The default is 5. */
  readonly topK?: number;
  /**
   * `function_to_apply`. The default is sigmoid for multi-label and one-label models, none for
   * regression, and softmax otherwise.
   */
  readonly functionToApply?: "sigmoid" | "softmax" | "none";
}

export class ImageClassification<Label extends string = string> {
  readonly #model: SiglipForImageClassification<
    { inputs: SiglipVisionInputs; output: { logits: Tensor } },
    Label
  >;

  constructor(
    model: SiglipForImageClassification<
      { inputs: SiglipVisionInputs; output: { logits: Tensor } },
      Label
    >,
  ) {
    this.#model = model;
  }

  /**
   * Returns the best labels of each picture, highest score first. Pictures are `pixel_values` or,
   * for a NaFlex model, all that its image processor returns. Throws InputError if `topK` is not a
   * positive integer.
   */
  async classify(
    pictures: Pictures,
    { topK = 5, functionToApply }: ImageClassificationOptions = {},
  ): Promise<ClassScore<Label>[][]> {
    if (!Number.isInteger(topK) || topK < 1)
      throw new InputError(`topK: expected a positive integer, received ${topK}`);
    const { logits } = await this.#model.forward(visionInputs(pictures));
    const { labels } = this.#model;
    const apply = functionToApply ?? this.#default(labels.length);
    return Array.from({ length: logits.shape[0]! }, (_, b) => {
      const scores = activate(
        Array.from(logits.data.subarray(b * labels.length, (b + 1) * labels.length)),
        apply,
      );
      return labels
        .map((label, i) => ({ label, score: scores[i]! }))
        .sort((a, z) => z.score - a.score)
        .slice(0, topK);
    });
  }

  #default(classes: number): "sigmoid" | "softmax" | "none" {
    const problem = this.#model.session.plan.config.problem_type as ProblemType | null | undefined;
    if (problem === "regression") return "none";
    return problem === "multi_label_classification" || classes === 1 ? "sigmoid" : "softmax";
  }
}

function activate(
  logits: readonly number[],
  kind: "sigmoid" | "softmax" | "none",
): readonly number[] {
  if (kind === "none") return logits;
  if (kind === "sigmoid") return logits.map((x) => 1 / (1 + Math.exp(-x)));
  const top = Math.max(...logits);
  const powers = logits.map((x) => Math.exp(x - top));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((x) => x / total);
}
