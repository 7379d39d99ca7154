import type { Checkpoint } from "@sigil/runtime/node";
import type { ModelSpec } from "@sigil/spec";

/**
 * The spec of a model with a text tower, compiled for the length to which its tokenizer pads:
 * min(model_max_length, max_position_embeddings) tokens. Other specs are returned unchanged.
 */
export function fitTextLength(spec: ModelSpec, checkpoint: Checkpoint): ModelSpec {
  const longest = spec.textLength ?? spec.config.text_config?.max_position_embeddings;
  const has = checkpoint.paths["spiece.model"] ?? checkpoint.tokenizerJson;
  return longest === undefined || !has
    ? spec
    : { ...spec, textLength: Math.min(longest, checkpoint.tokenizer().modelMaxLength) };
}
