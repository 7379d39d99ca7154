/** What model a config.json says it is: its class, its model type, and whose code makes it. */
import type { Diagnostic } from "./diagnostic.ts";
import { diagnosticAt, type Problem } from "./json-source.ts";
import type { ConfigPlace } from "./config-place.ts";
import type { JsonObject } from "./json-object.ts";

const towers = {
  text_config: ["siglip_text_model", "siglip2_text_model"],
  vision_config: ["siglip_vision_model", "siglip2_vision_model"],
} as const;
/** Model types that a config of an architecture may have: a tower's may be a whole model's. */
const modelTypes: Readonly<Record<string, readonly string[]>> = {
  siglip: ["siglip"],
  "siglip-text": ["siglip_text_model", "siglip2_text_model", "siglip", "siglip2"],
  "siglip-vision": ["siglip_vision_model", "siglip"],
  "siglip-image-classification": ["siglip"],
  siglip2: ["siglip2"],
  "siglip2-vision": ["siglip2_vision_model", "siglip2"],
  "siglip2-image-classification": ["siglip2"],
  "idefics-vision": ["idefics2_vision", "idefics3_vision", "smolvlm_vision"],
};
/** Names that a spec may have as its architecture, beside paths of documents. */
export const architectures: readonly string[] = [
  ...Object.keys(modelTypes),
  ...["open-clip", "open-clip-text", "open-clip-vision", "timm-vit"],
];

/** Whether a model of this architecture, or a config of this model type, is NaFlex. */
export const isNaflex = (name: unknown): boolean =>
  typeof name === "string" && name.startsWith("siglip2") && !name.endsWith(".json");
const classes: ReadonlyMap<unknown, string> = new Map([
  ["SiglipModel", "siglip"],
  ["SiglipTextModel", "siglip-text"],
  ["SiglipVisionModel", "siglip-vision"],
  ["SiglipForImageClassification", "siglip-image-classification"],
  ["Siglip2Model", "siglip2"],
  ["Siglip2TextModel", "siglip-text"],
  ["Siglip2VisionModel", "siglip2-vision"],
  ["Siglip2ForImageClassification", "siglip2-image-classification"],
]);

/**
 * The architecture that a config.json asks for: its class where that fits its model type, else its
 * model type, SigLIP where it has none; undefined for a model type that is no SigLIP.
 */
export function detectArchitecture(config: JsonObject): string | undefined {
  const type = config.model_type ?? undefined;
  const named = Array.isArray(config.architectures)
    ? classes.get(config.architectures[0])
    : undefined;
  if (named !== undefined && (type === undefined || modelTypes[named]?.includes(type as string)))
    return named;
  return type === undefined
    ? "siglip"
    : type === "siglip2_text_model"
      ? "siglip-text"
      : Object.keys(modelTypes).find((architecture) => modelTypes[architecture]?.[0] === type);
}

/**
 * Reports a config that says it is another model than the architecture, which its sizes alone would
 * not show; a document of the user's may read any config.
 */
export function checkIdentity(
  config: JsonObject,
  architecture: string | undefined,
  { source, pointer }: ConfigPlace,
  diagnostics: Diagnostic[],
): void {
  if (architecture?.endsWith(".json")) return;
  const report = (key: string, problem: Problem): void =>
    void diagnostics.push(diagnosticAt(source, `${pointer}/${key}`, problem));
  const allowed = architecture === undefined ? [] : (modelTypes[architecture] ?? []);
  const checkType = (key: string, type: unknown, known: readonly string[]): void => {
    if (type === undefined || type === null || known.includes(type as string)) return;
    const names = known.length > 0 ? known : ["siglip", "siglip2", ...Object.values(towers).flat()];
    report(key, {
      code: "unsupported-model-type",
      message:
        `model type ${JSON.stringify(type)} is not ` +
        `${architecture === undefined ? "a SigLIP model" : `a ${architecture} model`}`,
      notes: notesOn(type),
      help: `${names.length > 1 ? "one of " : ""}${names.map((name) => `\`${name}\``).join(", ")}`,
    });
  };
  checkType("model_type", config.model_type, allowed);
  const naflex = isNaflex(config.model_type ?? architecture);
  for (const [key, [fixed, flexible]] of Object.entries(towers)) {
    const tower = config[key] as JsonObject | null | undefined;
    if (typeof tower === "object" && tower !== null && architecture !== undefined)
      checkType(`${key}/model_type`, tower.model_type, [naflex ? flexible : fixed]);
  }
  if (config.open_clip_model_name != null)
    report("open_clip_model_name", {
      code: "foreign-model",
      key: true,
      message: "this config names a model of open_clip, but does not give its sizes",
      help: "use a checkpoint that transformers' SiglipModel saved",
    });
  const custom = Object.keys(Object(config.auto_map)).find((key) =>
    /^Auto(Model|Config)/.test(key),
  );
  if (custom !== undefined)
    report("auto_map", {
      code: "foreign-model",
      key: true,
      message:
        `this config's model needs code of its own: \`auto_map\` names another class for ` + custom,
      help: "remove `auto_map` if transformers loads the checkpoint without trust_remote_code",
    });
}

function notesOn(type: unknown): readonly string[] {
  const name = typeof type === "string" ? type : "";
  if (isNaflex(name))
    return [
      "siglip2 is the NaFlex variant; SigLIP 2 checkpoints of fixed resolution have " +
        "model_type siglip",
    ];
  if (/^(idefics|smolvlm)/.test(name))
    return [
      "its vision tower takes the nearest row of the position table for each patch, where " +
        "SigLIP resamples the table: that is the architecture idefics-vision",
    ];
  return relatives.flatMap(([model, note]) => (model.test(name) ? [note] : []));
}

/** Towers that are near SigLIP's, and what they would take (transformers 5.18). */
const relatives: readonly (readonly [model: RegExp, note: string])[] = [
  [
    /^janus/,
    "its tower has other names for the weights after attention and may normalise queries and " +
      "keys: a document that extends siglip-vision can describe it, like " +
      "examples/variants/qk-norm.json",
  ],
  [
    /^(phi4_multimodal|minicpm)/,
    "its tower takes the nearest row of the position table for each patch, in code of its own: " +
      "a document that extends idefics-vision can describe it",
  ],
  [
    /^(paddleocr_vl|video_llama_3)/,
    "its tower packs pictures into one sequence with 2D rotary positions: a document with the " +
      "op rotary, like examples/variants/rope.json, can compute pictures one by one",
  ],
];
