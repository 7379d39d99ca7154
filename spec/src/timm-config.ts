/** Translates configs of timm's vision transformers to the architecture `timm-vit`. */
import { ConfigFields, type Report } from "./config-fields.ts";
import { nearestName } from "./nearest-name.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { timmModels, type TimmModel } from "./timm-models.ts";

/** The shapes of the tensors in a file, by name. */
export type TensorShapes = ReadonlyMap<string, readonly number[]>;

/** Whether a config.json is timm's, or transformers' TimmWrapper's around one. */
export const isTimmConfig = (value: JsonObject): boolean =>
  typeof value.architecture === "string" &&
  !("config" in value) &&
  ["pretrained_cfg", "num_classes", "num_features", "model_args"].some((key) => key in value);

const activations: ReadonlyMap<unknown, string> = new Map([
  ["gelu", "gelu"],
  ["gelu_tanh", "gelu_pytorch_tanh"],
  ["quick_gelu", "quick_gelu"],
  ["relu", "relu"],
  ["silu", "silu"],
  ["swish", "silu"],
]);

/** Arguments of timm's VisionTransformer with the one value that is supported. */
const fixed: Readonly<Record<string, unknown>> = {
  class_token: false,
  qkv_bias: true,
  qk_norm: false,
  scale_attn_norm: false,
  scale_mlp_norm: false,
  proj_bias: true,
  init_values: undefined,
  pos_embed: "learn",
  reg_tokens: 0,
  pre_norm: false,
  final_norm: true,
};
/** Arguments that change no value at the size that a model is made for. */
const neutral = [
  ...["no_embed_class", "pool_include_prefix", "dynamic_img_size", "dynamic_img_pad"],
  ...["drop_rate", "pos_drop_rate", "patch_drop_rate", "proj_drop_rate", "attn_drop_rate"],
  ...["drop_path_rate", "weight_init", "fix_init", "device", "dtype"],
];
const read = [
  ...["img_size", "patch_size", "in_chans", "num_classes", "global_pool", "embed_dim", "depth"],
  ...["num_heads", "mlp_ratio", "act_layer", "fc_norm"],
];

/** As of the classifiers of transformers. */
const mostLabels = 100_000;

/** A timm checkpoint's config.json as the config of `timm-vit`. */
export function timmConfig(
  value: JsonObject,
  report: Report,
  shapes: TensorShapes | undefined,
): JsonObject {
  const top = new ConfigFields(value, "", report);
  const trained = new ConfigFields(value.pretrained_cfg, "/pretrained_cfg", report);
  const made = top.get("model_args");
  if (made !== undefined && !isObject(made))
    top.fail("model_args", "`model_args` must be an object");
  const args = {
    ...Object.fromEntries(
      ["num_classes", "global_pool"].flatMap((key) => (top.has(key) ? [[key, top.get(key)]] : [])),
    ),
    ...(isObject(made) && made),
  };
  const vision = timmVision(value.architecture as string, "/architecture", {
    args: new ConfigFields(args, "/model_args", report),
    shapes,
    report,
  });
  const { num_classes: classes } = vision;
  if (Number(classes) > mostLabels)
    top.fail("num_classes", `expected at most ${mostLabels} classes, received ${String(classes)}`);
  const names = top.get("label_names") ?? trained.get("label_names");
  return {
    vision_config: vision,
    ...(Number(classes) > 0 &&
      Number(classes) <= mostLabels && {
        id2label: Object.fromEntries(
          Array.from({ length: Number(classes) }, (_, i) => [
            i,
            Array.isArray(names) && typeof names[i] === "string" ? names[i] : `LABEL_${i}`,
          ]),
        ),
      }),
  };
}

export interface TrunkOptions {
  /** What the model was made with besides its name. */
  readonly args: ConfigFields;
  readonly report: Report;
  /** Of the checkpoint, for names that are not known. */
  readonly shapes: TensorShapes | undefined;
  /** Heads of a trunk that nothing else says. */
  readonly heads?: number;
}

/** The vision_config of a trunk by timm's name; every fault is reported. */
export function timmVision(
  architecture: string,
  pointer: string,
  { args, report, shapes, heads }: TrunkOptions,
): JsonObject {
  const name = architecture.replace(/^.*[/:]/, "").replace(/\.[^.]*$/, "");
  const known = timmModels.get(name);
  const found: Found | undefined = known ?? fromShapes(shapes);
  if (name.startsWith("naflexvit"))
    report(pointer, {
      code: "unsupported-model",
      message: `\`${name}\` is a NaFlexVit of timm, which is not supported`,
      help:
        "use the NaFlex model of SigLIP 2 from transformers " +
        "(google/siglip2-base-patch16-naflex)",
    });
  else if (
    found === undefined &&
    !["embed_dim", "depth", "num_heads"].every((key) => args.has(key))
  ) {
    const near = nearestName(name, timmModels.keys());
    const otherwise =
      heads === undefined
        ? "state embed_dim, depth and num_heads in model_args"
        : "give the folder with its weights, whose shapes show its sizes";
    report(pointer, {
      code: "unsupported-model",
      message: `\`${name}\` is not a known SigLIP trunk of timm`,
      help: near === undefined ? otherwise : `did you mean \`${near}\`? Otherwise ${otherwise}`,
    });
  }
  for (const [key, supported] of Object.entries(fixed)) args.only(key, supported);
  for (const key of args.keys())
    if (!(key in fixed) && !neutral.includes(key) && !read.includes(key))
      args.fail(
        key,
        `timm's \`${key}\` is not supported`,
        "you can describe it in an architecture document (docs/architectures.md)",
      );
  const act = args.get("act_layer") ?? found?.act_layer ?? "gelu";
  if (!activations.has(act))
    args.fail("act_layer", `timm's activation ${JSON.stringify(act)} is not supported`);
  const pool = args.get("global_pool") ?? found?.global_pool ?? "map";
  if (!["map", "avg", ""].includes(pool as string))
    args.fail("global_pool", `timm's pooling ${JSON.stringify(pool)} is not supported`);
  if (known === undefined && found && !args.has("num_heads") && heads === undefined)
    report(pointer, {
      code: "unsupported-model",
      message: `\`${name}\` is not a known trunk, and its tensors do not show its number of heads`,
      help: "state num_heads in model_args",
    });
  const width = args.size("embed_dim", found?.embed_dim ?? 1);
  const classes = args.get("num_classes") ?? found?.num_classes ?? 0;
  return {
    hidden_size: width,
    intermediate_size: Math.trunc(width * args.number("mlp_ratio", found?.mlp_ratio ?? 4)),
    num_hidden_layers: args.size("depth", found?.depth ?? 1),
    num_attention_heads: args.size("num_heads", known?.num_heads ?? heads ?? 1),
    num_channels: args.size("in_chans", found?.in_chans ?? 3),
    image_size: args.side("img_size", found?.img_size ?? 224),
    patch_size: args.side("patch_size", found?.patch_size ?? 16),
    hidden_act: activations.get(act) ?? "gelu",
    layer_norm_eps: 1e-6,
    vision_use_head: pool !== "",
    global_pool: normsMean(args, pool, found) ? "fc_norm" : pool,
    num_classes: classes === 0 ? 0 : args.size("num_classes", found?.num_classes),
  };
}

/** Whether the last norm is of the mean in place of the tokens; timm's default for a mean. */
function normsMean(args: ConfigFields, pool: unknown, found: Found | undefined): boolean {
  if (pool !== "avg") {
    args.only("fc_norm", false);
    return false;
  }
  const stated = args.get("fc_norm");
  if (stated !== undefined && typeof stated !== "boolean")
    args.fail("fc_norm", `\`fc_norm\` must be true or false, not ${JSON.stringify(stated)}`);
  return stated === undefined ? (found?.fc_norm ?? found?.global_pool !== "avg") : stated === true;
}

type Found = Partial<TimmModel> & {
  readonly embed_dim: number;
  readonly in_chans?: number;
  readonly num_classes?: number;
  readonly fc_norm?: boolean;
};

/**
 * What a file's tensors show of a trunk: all but its heads and its activation, which is timm's own.
 */
function fromShapes(shapes: TensorShapes | undefined): Found | undefined {
  const patch = [...(shapes ?? [])].find(([name]) => name.endsWith("patch_embed.proj.weight"));
  if (!shapes || !patch || patch[1].length !== 4) return undefined;
  const prefix = patch[0].slice(0, -"patch_embed.proj.weight".length);
  const [width, channels, side] = patch[1] as [number, number, number];
  const of = (name: string): readonly number[] => shapes.get(prefix + name) ?? [];
  const blocks = [...shapes.keys()].filter(
    (name) => name.startsWith(`${prefix}blocks.`) && name.endsWith(".norm1.weight"),
  );
  const patches = of("pos_embed")[1] ?? 0;
  return {
    embed_dim: width,
    depth: blocks.length || 1,
    mlp_ratio: (of("blocks.0.mlp.fc1.weight")[0] ?? 4 * width) / width,
    patch_size: side,
    img_size: Math.floor(Math.sqrt(patches)) * side || side,
    act_layer: "gelu",
    global_pool: shapes.has(`${prefix}attn_pool.latent`) ? "map" : "avg",
    fc_norm: shapes.has(`${prefix}fc_norm.weight`),
    in_chans: channels,
    num_classes: of("head.weight")[0] ?? 0,
  };
}
