// Generated from schema/siglip2.schema.json by scripts/generate-types.mjs.
import type { SiglipTextConfig, SiglipTextConfigInput } from "./siglip-text.ts";
import type { Siglip2VisionConfig, Siglip2VisionConfigInput } from "./siglip2-vision.ts";

/** Config of a SigLIP 2 NaFlex model: both towers and, for classification, the labels. Unknown keys are kept. Every default is filled in. */
export interface Siglip2Config {
  /** The config of the text tower. Absent or null means all defaults. */
  readonly text_config: SiglipTextConfig;
  /** The config of the vision tower. Absent or null means all defaults. */
  readonly vision_config: Siglip2VisionConfig;
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

/** Siglip2Config as written: what has a default may be absent. */
export interface Siglip2ConfigInput {
  /** The config of the text tower. Absent or null means all defaults. */
  readonly text_config?: SiglipTextConfigInput;
  /** The config of the vision tower. Absent or null means all defaults. */
  readonly vision_config?: Siglip2VisionConfigInput;
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
