// Generated from schema/siglip2.schema.json by scripts/generate-types.mjs.
import type { SiglipTextConfig, SiglipTextConfigInput } from "./siglip-text.ts";
import type { Siglip2VisionConfig, Siglip2VisionConfigInput } from "./siglip2-vision.ts";

/** Config of a SigLIP 2 NaFlex model: both towers and, for classification, the labels. Unknown keys are kept. Every default is filled in. */
export interface Siglip2Config {
  /** The text tower; null or absent means all defaults. */
  readonly text_config: SiglipTextConfig;
  /** The vision tower; null or absent means all defaults. */
  readonly vision_config: Siglip2VisionConfig;
  /** Scale of weight initialisation; ignored by inference. */
  readonly initializer_factor: number;
  /** Classes of the classifier; the size of id2label, or 2, when absent. */
  readonly num_labels?: number;
  /** Labels by class number; there are as many classes as labels, and class i without one is LABEL_i. */
  readonly id2label?: Readonly<Record<string, string>>;
  /** Ignored by inference: always the inverse of id2label. */
  readonly label2id?: Readonly<Record<string, unknown>>;
  /** Loss that the classifier was trained with. */
  readonly problem_type: "regression" | "single_label_classification" | "multi_label_classification" | null;
  readonly [key: string]: unknown;
}

/** Siglip2Config as written: what has a default may be absent. */
export interface Siglip2ConfigInput {
  /** The text tower; null or absent means all defaults. */
  readonly text_config?: SiglipTextConfigInput;
  /** The vision tower; null or absent means all defaults. */
  readonly vision_config?: Siglip2VisionConfigInput;
  /** Scale of weight initialisation; ignored by inference. */
  readonly initializer_factor?: number;
  /** Classes of the classifier; the size of id2label, or 2, when absent. */
  readonly num_labels?: number;
  /** Labels by class number; there are as many classes as labels, and class i without one is LABEL_i. */
  readonly id2label?: Readonly<Record<string, string>>;
  /** Ignored by inference: always the inverse of id2label. */
  readonly label2id?: Readonly<Record<string, unknown>>;
  /** Loss that the classifier was trained with. */
  readonly problem_type?: "regression" | "single_label_classification" | "multi_label_classification" | null;
  readonly [key: string]: unknown;
}
