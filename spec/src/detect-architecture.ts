import type { Diagnostic } from "./diagnostic.ts";
import { diagnosticAt, type JsonSource } from "./json-source.ts";

const classes: Readonly<Record<string, string>> = {
  SiglipModel: "siglip",
  SiglipTextModel: "siglip-text",
  SiglipVisionModel: "siglip-vision",
  SiglipForImageClassification: "siglip-image-classification",
};
const modelTypes: Readonly<Record<string, string>> = {
  siglip: "siglip",
  siglip_text_model: "siglip-text",
  siglip_vision_model: "siglip-vision",
};

/**
 * The architecture that a checkpoint's config.json asks for: its class if that is known, else its
 * model type.
 */
export function detectArchitecture(
  config: Record<string, unknown>,
  source: JsonSource,
  pointer: string,
  diagnostics: Diagnostic[],
): string | undefined {
  const type = config.model_type;
  const name = Array.isArray(config.architectures)
    ? classes[String(config.architectures[0])]
    : undefined;
  if (type === undefined) return name ?? "siglip";
  const byType =
    typeof type === "string" && Object.hasOwn(modelTypes, type) ? modelTypes[type] : undefined;
  if (byType !== undefined) return name ?? byType;
  diagnostics.push(
    diagnosticAt(source, `${pointer}/model_type`, {
      code: "unsupported-model-type",
      message: `model type ${JSON.stringify(type)} is not a SigLIP model`,
      notes:
        type === "siglip2"
          ? [
              "siglip2 is the naflex variant; SigLIP 2's checkpoints of fixed resolution have model_type siglip",
            ]
          : [],
      help: `one of ${Object.keys(modelTypes)
        .map((known) => `\`${known}\``)
        .join(", ")}`,
    }),
  );
  return undefined;
}
