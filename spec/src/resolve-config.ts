import type { Diagnostic } from "./diagnostic.ts";
import type { ConfigPlace } from "./config-place.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { diagnosticAt, type Problem } from "./json-source.ts";
import { checkIdentity, isNaflex } from "./config-identity.ts";
import { checkLabels, checkTowers } from "./config-rules.ts";
import type { ModelConfig } from "./model-spec.ts";
import { takesNull, validate, type SchemaName } from "./schema-validation.ts";

/**
 * Fills the defaults of a checkpoint's config for an architecture and adds every problem to
 * `diagnostics`.
 */
export function resolveConfig(
  value: JsonObject,
  architecture: string,
  place: ConfigPlace,
  diagnostics: Diagnostic[],
): ModelConfig {
  checkIdentity(value, architecture, place, diagnostics);
  const tower = towerOf(architecture, value);
  const joint = isNaflex(architecture.endsWith(".json") ? value.model_type : architecture)
    ? "siglip2"
    : "siglip";
  const isClassifier = architecture.endsWith("image-classification");
  const config = withoutNulls(value);
  let prefix = place.pointer;
  let result: JsonObject = config;
  if (tower === undefined) {
    const left = leftOut[architecture] ?? (isClassifier ? "text_config" : undefined);
    if (left) delete config[left];
    diagnostics.push(...validate(joint, config, place.source, prefix));
    if (left) delete config[left];
  } else {
    const key = tower === "siglip-text" ? "text_config" : "vision_config";
    const nested =
      "text_config" in value ||
      "vision_config" in value ||
      value.model_type === "siglip" ||
      value.model_type === "siglip2";
    if (nested) prefix += `/${key}`;
    const block = nested ? (config[key] ?? {}) : config;
    diagnostics.push(...validate(tower, block, place.source, prefix));
    result = { [key]: block };
  }
  const report = (path: string, problem: Problem): void => {
    const pointer =
      tower === undefined || prefix !== place.pointer
        ? path
        : path.replace(/^\/(text|vision)_config/, "");
    diagnostics.push(diagnosticAt(place.source, place.pointer + pointer, problem));
  };
  const text = result.text_config as JsonObject | undefined;
  if (isObject(text)) text.projection_size ??= text.hidden_size;
  checkTowers(result, architecture, report);
  checkLabels(result, report);
  return result as unknown as ModelConfig;
}

/** The tower that an architecture of both towers' configs does without. */
const leftOut: Readonly<Record<string, "text_config" | "vision_config">> = {
  "timm-vit": "text_config",
  "open-clip-vision": "text_config",
  "open-clip-text": "vision_config",
};

/**
 * A copy in which a key that is null is absent, as transformers writes and reads it, where null is
 * no value of its own; keys that the schemas do not know are kept.
 */
function withoutNulls(config: JsonObject): JsonObject {
  const copy = structuredClone(config);
  // The one key whose null transformers reads as false, and whose absence is true.
  for (const block of [copy, copy.vision_config])
    if (isObject(block) && block.vision_use_head === null) block.vision_use_head = false;
  const clean = (block: unknown, schema: SchemaName): void => {
    if (!isObject(block)) return;
    for (const key of Object.keys(block))
      if (block[key] === null && !takesNull(schema, key)) delete block[key];
  };
  // A tower's config may stand alone, so its keys are looked for in the config too.
  const schemas = ["siglip", "siglip-text", "siglip-vision", "siglip2-vision"] as const;
  for (const schema of schemas) clean(copy, schema);
  clean(copy.text_config, "siglip-text");
  clean(copy.vision_config, "siglip-vision");
  clean(copy.vision_config, "siglip2-vision");
  return copy;
}

/**
 * The tower that an architecture, or for a document of the user's the config's model type, stands
 * for.
 */
function towerOf(
  architecture: string,
  config: JsonObject,
): "siglip-text" | "siglip-vision" | "siglip2-vision" | undefined {
  switch (architecture.endsWith(".json") ? config.model_type : architecture) {
    case "siglip-text":
    case "siglip_text_model":
    case "siglip2_text_model":
      return "siglip-text";
    case "idefics-vision":
    case "siglip-vision":
    case "siglip_vision_model":
      return "siglip-vision";
    case "siglip2-vision":
    case "siglip2_vision_model":
      return "siglip2-vision";
  }
  return undefined;
}
