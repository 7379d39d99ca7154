import type { Checkpoint } from "@sigil/runtime/node";
import type { ModelSpec } from "@sigil/spec";

/**
 * The spec with a text tower for the texts that its tokenizer makes: they are padded to
 * min(model_max_length, max_position_embeddings).
 */
export function fitTextLength(spec: ModelSpec, checkpoint: Checkpoint): ModelSpec {
  const longest = spec.textLength ?? spec.config.text_config?.max_position_embeddings;
  const has = checkpoint.paths["spiece.model"] ?? checkpoint.tokenizerJson;
  return longest === undefined || !has
    ? spec
    : { ...spec, textLength: Math.min(longest, checkpoint.tokenizer().modelMaxLength) };
}
