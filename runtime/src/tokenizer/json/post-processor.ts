import { isId } from "../config/added-token.ts";
import { isObject } from "../config/problems.ts";
import type { Component } from "./component.ts";

/** Puts special tokens around the ids of one or two texts. */
export type PostProcessor = (ids: readonly number[], pairIds?: readonly number[]) => number[];

/** What a file without a post-processor does: the ids as they are. */
export const noPostProcessor: PostProcessor = (ids, pairIds = []) => [...ids, ...pairIds];

/**
 * Builds the post-processor a `tokenizer.json` asks for; throws TokenizerError for a type it does
 * not know.
 */
export function buildPostProcessor(spec: Component): PostProcessor {
  if (spec.type === "Sequence") {
    const steps = spec.components("processors");
    if (steps.length === 1) return buildPostProcessor(steps[0]!);
  }
  if (spec.type !== "TemplateProcessing") throw spec.unsupported();
  const single = readTemplate(spec, "single", ["A"]);
  const pair = readTemplate(spec, "pair", ["A", "B"]);
  return (ids, pairIds) => {
    const row: number[] = [];
    for (const part of pairIds === undefined ? single : pair)
      for (const id of part === "A" ? ids : part === "B" ? (pairIds ?? []) : part) row.push(id);
    return row;
  };
}

type TextName = "A" | "B";
type TemplatePart = TextName | readonly number[];

/** Each text may stand once: truncation makes room for special tokens, not for a second copy. */
function readTemplate(spec: Component, key: string, texts: readonly TextName[]): TemplatePart[] {
  const left = new Set<unknown>(texts);
  const special = spec.value("special_tokens") ?? {};
  if (!isObject(special)) return spec.fail("special_tokens", "an object of tokens", special);
  return spec.list(key).map((part, i) => {
    const { Sequence: sequence, SpecialToken: token } = isObject(part) ? part : {};
    if (isObject(sequence) && left.delete(sequence.id)) return sequence.id as TextName;
    const name = isObject(token) ? token.id : undefined;
    if (typeof name !== "string")
      return spec.fail(
        `${key}[${i}]`,
        `Sequence ${texts.join(" or ")}, each once, or a SpecialToken`,
        part,
      );
    const entry = Object.hasOwn(special, name) ? special[name] : undefined;
    const ids = isObject(entry) ? entry.ids : undefined;
    if (!Array.isArray(ids) || !ids.every(isId))
      return spec.fail(`special_tokens.${name}`, "an object with ids", entry);
    return ids;
  });
}
