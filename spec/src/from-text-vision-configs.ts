import { DiagnosticError } from "./diagnostic-error.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { SiglipConfigInput } from "./generated/siglip.ts";
import type { SiglipTextConfigInput } from "./generated/siglip-text.ts";
import type { SiglipVisionConfigInput } from "./generated/siglip-vision.ts";
import { parseJson } from "./json-source.ts";
import type { ModelConfig, TextConfig, VisionConfig } from "./model-spec.ts";
import type { JsonObject } from "./json-object.ts";
import { resolveConfig } from "./resolve-config.ts";

/** The complete config of a model with both towers. */
export type JointConfig = ModelConfig & {
  readonly text_config: TextConfig;
  readonly vision_config: VisionConfig;
};

/**
 * Joins the configs of two towers, like `SiglipConfig.from_text_vision_configs` of transformers.
 * Throws DiagnosticError if they disagree.
 */
export function siglipConfigFromTextVisionConfigs(
  text: SiglipTextConfigInput,
  vision: SiglipVisionConfigInput,
  overrides: SiglipConfigInput = {},
): JointConfig {
  const source = parseJson(
    JSON.stringify(
      { model_type: "siglip", ...overrides, text_config: text, vision_config: vision },
      null,
      2,
    ),
    "SiglipConfig",
  );
  const diagnostics: Diagnostic[] = [];
  const config = resolveConfig(
    source.value as JsonObject,
    "siglip",
    { source, pointer: "" },
    diagnostics,
  );
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return config as JointConfig;
}
