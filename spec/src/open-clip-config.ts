/** Translates configs of open_clip's SigLIP models to the architecture `open-clip`. */
import { ConfigFields, type Report } from "./config-fields.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { timmVision, type TensorShapes } from "./timm-config.ts";

/** Whether a JSON file is an open_clip_config.json. */
export const isOpenClipConfig = (value: JsonObject): boolean => isObject(value.model_cfg);

/**
 * Fields of CLIPTextCfg (open_clip 3.3) with the one value that is supported, and what their
 * absence means.
 */
const fixed: readonly (readonly [key: string, supported: unknown, absent?: unknown])[] = [
  ["hf_model_name", undefined],
  ["no_causal_mask", true, false],
  ["pool_type", "last", "argmax"],
  ["embed_cls", false],
  ["final_ln_after_pool", false],
  ["ls_init_value", undefined],
  ["qk_norm", false],
  ["scaled_cosine_attn", false],
  ["scale_heads", false],
  ["scale_attn_inner", false],
  ["scale_attn", false],
  ["scale_fc", false],
];

/** An open_clip_config.json as the config of `open-clip`; every fault is reported. */
export function openClipConfig(
  value: JsonObject,
  report: Report,
  shapes: TensorShapes | undefined,
): JsonObject {
  const model = new ConfigFields(value.model_cfg, "/model_cfg", report);
  const vision = new ConfigFields(model.get("vision_cfg"), "/model_cfg/vision_cfg", report);
  const text = new ConfigFields(model.get("text_cfg"), "/model_cfg/text_cfg", report);
  const embedDim = model.size("embed_dim");
  if (text.has("hf_model_name")) {
    text.fail(
      "hf_model_name",
      `a text tower from transformers (${JSON.stringify(text.get("hf_model_name"))}) is not ` +
        "supported",
      "only TextTransformer of open_clip is supported",
    );
    return {};
  }
  model.only("custom_text", true, false);
  for (const [key, supported, absent] of fixed) text.only(key, supported, absent);
  const trunk = vision.get("timm_model_name");
  if (typeof trunk !== "string") {
    vision.fail(
      "",
      "`timm_model_name` is missing: only trunks of timm are supported as vision towers",
    );
    return {};
  }
  vision.only("timm_proj", "none", "linear");
  const width = text.size("width", 512);
  const heads = text.size("heads", 8);
  const projects = (text.get("proj_type") ?? "linear") !== "none";
  if (projects) {
    text.only("proj_type", "linear");
    text.only("proj_bias", true, false);
  } else if (width !== embedDim)
    text.fail("width", `without a projection \`width\` ${width} must be embed_dim ${embedDim}`);
  const quick = model.get("quick_gelu") === true;
  return {
    vision_config: timmVision(trunk, "/model_cfg/vision_cfg/timm_model_name", {
      args: new ConfigFields(
        {
          ...(vision.has("image_size") && { img_size: vision.get("image_size") }),
          global_pool: vision.get("timm_pool") ?? "avg",
        },
        "/model_cfg/vision_cfg",
        report,
      ),
      shapes,
      report,
      // The published models have as many heads in one tower as in the other.
      heads,
    }),
    text_config: {
      hidden_size: width,
      intermediate_size: Math.trunc(width * text.number("mlp_ratio", 4)),
      num_hidden_layers: text.size("layers", 12),
      num_attention_heads: heads,
      vocab_size: text.size("vocab_size", 49408),
      max_position_embeddings: text.size("context_length", 77),
      projection_size: embedDim,
      hidden_act: textActivation(text, quick, report),
      layer_norm_eps: new ConfigFields(
        text.get("norm_kwargs"),
        "/model_cfg/text_cfg/norm_kwargs",
        report,
      ).number("eps", 1e-5),
      text_use_head: projects,
    },
  };
}

/** nn.GELU with its arguments, or QuickGELU. */
function textActivation(text: ConfigFields, quick: boolean, report: Report): string {
  const pointer = "/model_cfg/text_cfg/act_kwargs";
  const args = new ConfigFields(text.get("act_kwargs"), pointer, report);
  for (const key of args.keys())
    if (key !== "approximate" || quick)
      args.fail(key, `the argument \`${key}\` of the activation is not supported`);
  if (quick) return "quick_gelu";
  const approximate = args.get("approximate") ?? "none";
  if (approximate === "tanh") return "gelu_pytorch_tanh";
  args.only("approximate", "none");
  return "gelu";
}
