import { TokenizerError } from "../error.ts";

/** One entry of `added_tokens`. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly normalized: boolean;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** A stretch of text, or the added token found there. */
export type TextOrToken = string | AddedToken;

/** Reads `added_tokens`; throws TokenizerError for an entry without id or content. */
export function parseAddedTokens(value: unknown): AddedToken[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new TokenizerError("tokenizer.json: added_tokens is no list");
  return value.map((entry: Partial<AddedToken> | null, i) => {
    if (!Number.isInteger(entry?.id) || typeof entry?.content !== "string") {
      throw new TokenizerError(`tokenizer.json: added_tokens[${i}] has no id or content`);
    }
    return {
      special: false,
      normalized: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      ...entry,
    } as AddedToken;
  });
}

/**
 * Cuts a text at the tokens, leftmost first and of several the longest; `lstrip` and `rstrip` take
 * whitespace along.
 */
export function splitterOnAdded(tokens: readonly AddedToken[]): (text: string) => TextOrToken[] {
  const usable = tokens.filter((token) => token.content !== "");
  const byContent = new Map(usable.map((token) => [token.content, token]));
  const alternatives = [...byContent.keys()]
    .sort((a, b) => b.length - a.length)
    .map((content) => content.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  const pattern = new RegExp(alternatives.join("|"), "gu");
  return (text) =>
    text === "" ? [] : usable.length === 0 ? [text] : split(text, byContent, pattern);
}

function split(
  text: string,
  byContent: ReadonlyMap<string, AddedToken>,
  pattern: RegExp,
): TextOrToken[] {
  const result: TextOrToken[] = [];
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    const token = byContent.get(match[0])!;
    let start = match.index;
    let end = start + match[0].length;
    if (
      token.single_word &&
      (/[\p{L}\p{M}\p{N}\p{Pc}]$/u.test(text.slice(0, start)) ||
        /^[\p{L}\p{M}\p{N}\p{Pc}]/u.test(text.slice(end)))
    )
      continue;
    if (start < last) continue;
    if (token.lstrip)
      start = last + text.slice(last, start).replace(/\p{White_Space}+$/u, "").length;
    if (token.rstrip) end += /^\p{White_Space}*/u.exec(text.slice(end))![0].length;
    if (start > last) result.push(text.slice(last, start));
    result.push(token);
    last = end;
  }
  if (last < text.length) result.push(text.slice(last));
  return result;
}
