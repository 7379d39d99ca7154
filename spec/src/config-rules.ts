import { isNaflex } from "./config-identity.ts";
import type { Problem } from "./json-source.ts";
import { shown } from "./shown.ts";

type Report = (pointer: string, problem: Problem) => void;
type Fields = Record<string, unknown>;
/** Of a config without id2label, whose labels are made; the schema says the same. */
const mostLabels = 100_000;

/**
 * Rules between fields of the towers. Values of a wrong type are the schema's to report and are
 * passed over here.
 */
export function checkTowers(config: Fields, architecture: string, report: Report): void {
  for (const key of ["text_config", "vision_config"]) {
    const tower = fieldsOf(config[key]);
    const {
      hidden_size: hidden,
      num_attention_heads: heads,
      patch_size: patch,
      image_size: image,
      num_patches: rows,
    } = tower;
    if (isPositive(hidden) && isPositive(heads) && hidden % heads !== 0) {
      report(`/${key}/num_attention_heads`, {
        code: "contradictory-sizes",
        message: `hidden_size ${hidden} is not a multiple of num_attention_heads ${heads}`,
      });
    }
    if (key === "vision_config" && isPositive(patch) && isPositive(image) && patch > image) {
      report(`/${key}/patch_size`, {
        code: "contradictory-sizes",
        message: `patch_size ${patch} is larger than image_size ${image}`,
      });
    }
    if (key === "vision_config" && isNaflex(architecture) && isPositive(rows)) {
      const side = Math.round(Math.sqrt(rows));
      if (side * side !== rows)
        report(`/${key}/num_patches`, {
          code: "contradictory-sizes",
          message: `num_patches ${rows} is not a square number, but the position table is square`,
          help:
            "set it to the number of rows of embeddings.position_embedding.weight, such as " +
            `${side * side}`,
        });
    }
  }
  if (architecture === "siglip" || architecture === "siglip2")
    checkJoint(fieldsOf(config.text_config), fieldsOf(config.vision_config), report);
}

function checkJoint(text: Fields, vision: Fields, report: Report): void {
  const { projection_size: projection } = text;
  // Without the pooling head the towers never meet.
  if (vision.vision_use_head === false) return;
  if (
    isPositive(projection) &&
    isPositive(vision.hidden_size) &&
    projection !== vision.hidden_size
  ) {
    report("/text_config/projection_size", {
      code: "contradictory-sizes",
      message:
        `the text tower projects to ${projection}, but the vision tower's hidden_size is ` +
        `${vision.hidden_size}`,
      notes: ["projection_size defaults to the text tower's hidden_size"],
      help: `set text_config.projection_size to ${vision.hidden_size}`,
    });
  }
}

/**
 * Completes `num_labels` and `id2label` from each other, `label2id` from both, and reports where
 * they disagree. A classifier has as many classes as `id2label` has entries, as in transformers,
 * whatever their numbers; what a schema refuses is passed over here.
 */
export function checkLabels(config: Fields, report: Report): void {
  const { id2label: given } = config;
  if (given !== undefined && (typeof given !== "object" || given === null)) return;
  const count = given === undefined ? (config.num_labels ?? 2) : Object.keys(given).length;
  if (given !== undefined && count === 0)
    report("/id2label", {
      code: "invalid-labels",
      message: "`id2label` must have at least one label",
    });
  if (!isPositive(count) || count > mostLabels) return;
  if (given !== undefined && config.num_labels !== undefined && config.num_labels !== count) {
    report("/num_labels", {
      code: "invalid-labels",
      message: `num_labels is ${shown(config.num_labels)}, but id2label has ${count} labels`,
    });
  }
  const named = fieldsOf(given);
  for (const key of Object.keys(named))
    if (!/^(0|[1-9]\d*)$/.test(key))
      report(`/id2label/${key}`, {
        code: "invalid-labels",
        key: true,
        message: `\`id2label\` key ${JSON.stringify(key)} is not a class number`,
      });
  if (config.problem_type === "single_label_classification" && count === 1) {
    report("/problem_type", {
      code: "invalid-labels",
      message: "single_label_classification needs at least two labels",
    });
  }
  const labels = Array.from({ length: count }, (_, i) =>
    typeof named[i] === "string" ? named[i] : `LABEL_${i}`,
  );
  config.num_labels = count;
  config.id2label = Object.fromEntries(labels.entries());
  config.label2id = Object.fromEntries(labels.map((label, i) => [label, i]));
  config.problem_type ??= null;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function isPositive(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}
