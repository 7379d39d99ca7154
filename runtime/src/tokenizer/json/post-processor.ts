import { TokenizerError } from "../error.ts";
import { components, unsupported, type ComponentSpec } from "./spec.ts";

/** Puts special tokens around the ids of one or two texts. */
export type PostProcessor = (ids: readonly number[], pairIds?: readonly number[]) => number[];

/**
 * Builds the post-processor a `tokenizer.json` asks for; throws TokenizerError for a type it does
 * not know.
 */
export function buildPostProcessor(spec: ComponentSpec | undefined): PostProcessor {
  if (spec === undefined) return (ids, pairIds = []) => [...ids, ...pairIds];
  if (spec.type === "Sequence") {
    const steps = components(spec.processors, "processors");
    if (steps.length === 1) return buildPostProcessor(steps[0]);
  }
  if (spec.type !== "TemplateProcessing") throw unsupported("post_processor", spec);
  const special = (spec.special_tokens ?? {}) as Record<string, { ids: number[] }>;
  const single = parseTemplate(spec.single, special);
  const pair = parseTemplate(spec.pair, special);
  return (ids, pairIds) => {
    const row: number[] = [];
    for (const part of pairIds === undefined ? single : pair)
      for (const id of part === "A" ? ids : part === "B" ? (pairIds ?? []) : part) row.push(id);
    return row;
  };
}

type TemplatePart = "A" | "B" | readonly number[];

function parseTemplate(value: unknown, special: Record<string, { ids: number[] }>): TemplatePart[] {
  if (!Array.isArray(value))
    throw new TokenizerError("tokenizer.json: TemplateProcessing has no template");
  return value.map((part: { Sequence?: { id: string }; SpecialToken?: { id: string } }) => {
    const sequence = part?.Sequence?.id;
    if (sequence === "A" || sequence === "B") return sequence;
    const ids = special[part?.SpecialToken?.id ?? ""]?.ids;
    if (!Array.isArray(ids))
      throw new TokenizerError(`tokenizer.json: unknown template part ${JSON.stringify(part)}`);
    return ids;
  });
}
