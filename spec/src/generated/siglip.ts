// Generated from schema/siglip.schema.json by scripts/generate-types.mjs.
import type { SiglipTextConfig, SiglipTextConfigInput } from "./siglip-text.ts";
import type { SiglipVisionConfig, SiglipVisionConfigInput } from "./siglip-vision.ts";

/** Config of a SigLIP model: both towers and, for classification, the labels. Unknown keys are kept. Every default is filled in. */
export interface SiglipConfig {
  /** The config of the text tower. Absent or null means all defaults. */
  readonly text_config: SiglipTextConfig;
  /** The config of the vision tower. Absent or null means all defaults. */
  readonly vision_config: SiglipVisionConfig;
  /** The scale of weights before training. Sigil ignores it. */
  readonly initializer_factor: number;
  /** The number of classes of a classifier. Default: the number of labels in id2label, else 2. */
  readonly num_labels?: number;
  /** The labels of a classifier by class number, from 0. There are as many classes as labels. A class i without a label is LABEL_i. */
  readonly id2label?: Readonly<Record<string, string>>;
  /** Sigil ignores it: the class numbers by label are always the inverse of id2label. */
  readonly label2id?: Readonly<Record<string, unknown>>;
  /** The kind of problem that the classifier was trained for, which decides its loss. Default, or null: decided by the type of the labels and the number of classes. */
  readonly problem_type: "regression" | "single_label_classification" | "multi_label_classification" | null;
  readonly [key: string]: unknown;
}

/** SiglipConfig as written: what has a default may be absent. */
export interface SiglipConfigInput {
  /** The config of the text tower. Absent or null means all defaults. */
  readonly text_config?: SiglipTextConfigInput;
  /** The config of the vision tower. Absent or null means all defaults. */
  readonly vision_config?: SiglipVisionConfigInput;
  /** The scale of weights before training. Sigil ignores it. */
  readonly initializer_factor?: number;
  /** The number of classes of a classifier. Default: the number of labels in id2label, else 2. */
  readonly num_labels?: number;
  /** The labels of a classifier by class number, from 0. There are as many classes as labels. A class i without a label is LABEL_i. */
  readonly id2label?: Readonly<Record<string, string>>;
  /** Sigil ignores it: the class numbers by label are always the inverse of id2label. */
  readonly label2id?: Readonly<Record<string, unknown>>;
  /** The kind of problem that the classifier was trained for, which decides its loss. Default, or null: decided by the type of the labels and the number of classes. */
  readonly problem_type?: "regression" | "single_label_classification" | "multi_label_classification" | null;
  readonly [key: string]: unknown;
}
