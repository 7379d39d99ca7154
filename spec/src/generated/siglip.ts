// Generated from schema/siglip.schema.json by scripts/generate-types.mjs.
import type { SiglipTextConfig, SiglipTextConfigInput } from "./siglip-text.ts";
import type { SiglipVisionConfig, SiglipVisionConfigInput } from "./siglip-vision.ts";

/** Config of a SigLIP model: both towers and, for classification, the labels. Unknown keys are kept. Every default is filled in. */
export interface SiglipConfig {
  /** The text tower; null or absent means all defaults. */
  readonly text_config: SiglipTextConfig;
  /** The vision tower; null or absent means all defaults. */
  readonly vision_config: SiglipVisionConfig;
  /** Scale of weight initialisation; ignored by inference. */
  readonly initializer_factor: number;
  /** Classes of the classifier; the size of id2label, or 2, when absent. */
  readonly num_labels?: number;
  /** Label of each class, keyed 0 to n - 1; LABEL_0, LABEL_1, ... when absent. */
  readonly id2label?: Readonly<Record<string, string>>;
  /** Class of each label; the inverse of id2label when absent. */
  readonly label2id?: Readonly<Record<string, number>>;
  /** Loss that the classifier was trained with. */
  readonly problem_type: "regression" | "single_label_classification" | "multi_label_classification" | null;
  readonly [key: string]: unknown;
}

/** SiglipConfig as written: what has a default may be absent. */
export interface SiglipConfigInput {
  /** The text tower; null or absent means all defaults. */
  readonly text_config?: SiglipTextConfigInput;
  /** The vision tower; null or absent means all defaults. */
  readonly vision_config?: SiglipVisionConfigInput;
  /** Scale of weight initialisation; ignored by inference. */
  readonly initializer_factor?: number;
  /** Classes of the classifier; the size of id2label, or 2, when absent. */
  readonly num_labels?: number;
  /** Label of each class, keyed 0 to n - 1; LABEL_0, LABEL_1, ... when absent. */
  readonly id2label?: Readonly<Record<string, string>>;
  /** Class of each label; the inverse of id2label when absent. */
  readonly label2id?: Readonly<Record<string, number>>;
  /** Loss that the classifier was trained with. */
  readonly problem_type?: "regression" | "single_label_classification" | "multi_label_classification" | null;
  readonly [key: string]: unknown;
}
