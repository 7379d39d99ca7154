/** Whether a checkpoint is one that the compiled module can run: kernels have its sizes inside. */
import text from "../../../../spec/schema/siglip-text.schema.json";
import vision from "../../../../spec/schema/siglip-vision.schema.json";

type Json = Readonly<Record<string, unknown>>;

/**
 * A checkpoint of another architecture than the page was compiled for, and how to compile for it.
 */
export class MisfitError extends Error {
  override readonly name = "MisfitError";
  /** One line for each setting that differs. */
  readonly issues: readonly string[];
  /** Compiles the module that would fit. */
  readonly command: string;

  constructor(checkpoint: string, compiled: string, issues: readonly string[]) {
    super(
      `${checkpoint} is not of the sizes that this page was compiled for (${compiled}): ` +
        `${issues.join("; ")}`,
    );
    this.issues = issues;
    this.command =
      `npx sigil compile path/to/${checkpoint} --target cpu webgpu --out ` +
      `generated/${checkpoint}`;
  }
}

/** Settings that decide what is computed, with transformers' defaults. */
const settings: Readonly<
  Record<
    "vision_config" | "text_config",
    { readonly properties: Readonly<Record<string, unknown>>; readonly names: readonly string[] }
  >
> = {
  vision_config: {
    properties: vision.properties,
    names: [
      "image_size",
      "patch_size",
      "num_channels",
      "hidden_size",
      "intermediate_size",
      "num_hidden_layers",
      "num_attention_heads",
      "hidden_act",
      "layer_norm_eps",
      "vision_use_head",
    ],
  },
  text_config: {
    properties: text.properties,
    names: [
      "vocab_size",
      "max_position_embeddings",
      "hidden_size",
      "intermediate_size",
      "num_hidden_layers",
      "num_attention_heads",
      "hidden_act",
      "layer_norm_eps",
      "projection_size",
    ],
  },
};

/** One line for each setting of `config` that is not as it was compiled. */
export function misfits(config: Json, compiled: Json): string[] {
  return Object.entries(settings).flatMap(([tower, { properties, names }]) => {
    const value = (of: Json, name: string): unknown =>
      of[name] ??
      (properties[name] as { readonly default?: unknown } | undefined)?.default ??
      (name === "projection_size" ? value(of, "hidden_size") : undefined);
    const [given, wanted] = [config, compiled].map((of) => (of[tower] ?? {}) as Json) as [
      Json,
      Json,
    ];
    return names
      .filter((name) => value(given, name) !== value(wanted, name))
      .map(
        (name) =>
          `${tower}.${name}: compiled for ${String(value(wanted, name))}, the checkpoint has ` +
          `${String(value(given, name))}`,
      );
  });
}
