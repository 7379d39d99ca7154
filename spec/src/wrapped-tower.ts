/** Finds the SigLIP tower of a larger model: its config, and which hidden states the model uses. */
import { isObject, type JsonObject } from "./json-object.ts";

export interface WrappedTower {
  /** Of the tower's config. */
  readonly pointer: string;
  readonly config: JsonObject;
  /** Indices into `hidden_states` that the model takes instead of `last_hidden_state`. */
  readonly hiddenStates?: readonly number[];
}

/** `vision_feature_layer` of models whose configs leave it out (transformers 5.18). */
const featureLayers: ReadonlyMap<unknown, number | readonly number[]> = new Map<
  unknown,
  number | readonly number[]
>([
  ["aya_vision", -1],
  ["llava_onevision", -1],
  ["llava", -2],
  ["llava_next", -2],
  ["llava_next_video", -2],
  ["granite4_vision", -2],
  ["vipllava", [-2, -5, -8, -11, 6]],
]);
/** Models whose vision_config is CLIP's where it names no model type. */
const ofClip: readonly unknown[] = [
  "clip",
  ...["llava", "llava_next", "llava_next_video", "video_llava", "vipllava", "granite4_vision"],
];
/** Towers that take the nearest rows of the position table, with their classes' defaults. */
const nearest: ReadonlyMap<unknown, JsonObject> = new Map([
  ["idefics2_vision", { patch_size: 32, vision_use_head: false }],
  ...["idefics3_vision", "smolvlm_vision"].map((type): [string, JsonObject] => [
    type,
    { hidden_size: 1152, num_attention_heads: 16, patch_size: 32, vision_use_head: false },
  ]),
]);

/** Whether a model type is one of Idefics's or SmolVLM's vision towers. */
export const isNearest = (type: unknown): boolean => nearest.has(type);

/** Of models whose vision_config may leave its model type out. */
const ownTowers: ReadonlyMap<unknown, string> = new Map([
  ["idefics2", "idefics2_vision"],
  ["idefics3", "idefics3_vision"],
  ["smolvlm", "smolvlm_vision"],
]);
/** Configs in configs, as of ColPali and T5Gemma 2. */
const deepest = 3;

/** The vision tower's config in a larger model's; undefined where it has none. */
export function wrappedTower(model: JsonObject): WrappedTower | undefined {
  let open: readonly (readonly [pointer: string, config: JsonObject])[] = [["", model]];
  for (let depth = 0; depth < deepest; depth++) {
    for (const [pointer, config] of open)
      if (isObject(config.vision_config)) return towerIn(config, config.vision_config, pointer);
    open = open.flatMap(([pointer, config]) =>
      Object.entries(config).flatMap(([key, inner]) =>
        isObject(inner) ? [[`${pointer}/${key}`, inner] as const] : [],
      ),
    );
  }
  return undefined;
}

const isMiniCpm = (type: unknown): boolean =>
  typeof type === "string" && type.startsWith("minicpm");

function towerIn(model: JsonObject, vision: JsonObject, pointer: string): WrappedTower {
  // MiniCPM-V calls its tower SigLIP's, which it is not.
  const type =
    (isMiniCpm(model.model_type) ? model.model_type : undefined) ??
    vision.model_type ??
    ownTowers.get(model.model_type) ??
    (ofClip.includes(model.model_type) ? "clip_vision_model" : undefined);
  const layers =
    model.vision_feature_layers ??
    model.vision_feature_layer ??
    featureLayers.get(model.model_type);
  const { num_hidden_layers: layersOf = 12 } = vision;
  const count = typeof layersOf === "number" ? layersOf : 12;
  const states = [layers]
    .flat()
    .filter((layer) => Number.isInteger(layer))
    .map((layer) => (layer as number) + ((layer as number) < 0 ? count + 1 : 0));
  return {
    pointer: `${pointer}/vision_config`,
    config: { ...nearest.get(type), ...vision, ...(type !== undefined && { model_type: type }) },
    ...(states.length > 0 && { hiddenStates: [...new Set(states)].sort((a, b) => a - b) }),
  };
}
