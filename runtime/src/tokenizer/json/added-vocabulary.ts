import { entryOf, codePoint } from "@sigil/spec/shared";
import type { AddedToken } from "../config/added-token.ts";
import { TokenFinder } from "../find-tokens.ts";
import { trim } from "../trim.ts";
import type { Model } from "./model.ts";
import { isSpace, type Normalizer } from "./normalizer.ts";

/** A stretch of text, or the id of the added token found there. */
export type TextOrId = string | number;

/**
 * The model's tokens and those that were added to them, numbered as Hugging Face tokenizers does.
 */
export class AddedVocabulary {
  private readonly model: Model;
  private readonly normalize: Normalizer;
  private readonly idByText = new Map<string, number>();
  private readonly byId = new Map<number, AddedToken>();
  /** What each looks like in the text where it is looked for. */
  private readonly patterns = new Map<number, string>();
  private readonly special = new Set<string>();
  private readonly modelSize: number;
  private highest = -1;
  private raw = new TokenFinder<number>([]);
  private normalized = new TokenFinder<number>([]);

  /** `normalize` is what tokens that are looked for in normalised text go through themselves. */
  constructor(model: Model, normalize: Normalizer) {
    this.model = model;
    this.normalize = normalize;
    this.modelSize = model.ids.size;
  }

  /** How many ids there are. */
  get size(): number {
    const { ids } = this.model;
    return this.modelSize + [...this.idByText.keys()].filter((text) => !ids.has(text)).length;
  }

  /** Adds tokens in order. What has an id keeps it; others follow the highest. */
  add(tokens: Iterable<AddedToken>): void {
    for (const token of tokens) {
      if (token.content === "") continue;
      if (token.special) this.special.add(token.content);
      const id = this.idOf(token.content) ?? Math.max(this.highest + 1, this.modelSize);
      this.highest = Math.max(this.highest, id);
      this.idByText.set(token.content, id);
      this.byId.set(id, token);
      this.patterns.set(id, token.normalized ? this.normalize(token.content) : token.content);
    }
    const finder = (normalized: boolean) =>
      new TokenFinder(
        [...this.byId]
          .filter(([, token]) => token.normalized === normalized)
          .map(([id]) => [entryOf(this.patterns, id, "pattern of token"), id] as const),
      );
    this.raw = finder(false);
    this.normalized = finder(true);
  }

  idOf(text: string): number | undefined {
    return this.idByText.get(text) ?? this.model.ids.get(text);
  }

  /** An added token as it was found: normalised where it is looked for in normalised text. */
  textOf(id: number): string | undefined {
    return this.patterns.get(id) ?? this.model.tokens[id];
  }

  isSpecial(text: string): boolean {
    return this.special.has(text);
  }

  /** Whether a token of this text was added. */
  has(text: string): boolean {
    return this.idByText.has(text);
  }

  /** Cuts a text, raw or normalised, at the tokens that are looked for there. */
  split(text: string, where: "raw" | "normalized", splitSpecial: boolean): TextOrId[] {
    const parts: TextOrId[] = [];
    let last = 0;
    for (const found of this[where].find(text)) {
      const token = entryOf(this.byId, found.token, "added token");
      let { start, end } = found;
      if (splitSpecial && this.special.has(token.content)) continue;
      if (token.single_word && (endsWithWord(text, start) || beginsWithWord(text, end))) continue;
      // The one before may have taken the space that this one begins with.
      if (token.lstrip && start > last)
        start = last + trim(text.slice(last, start), isSpace, "end").length;
      if (token.rstrip) while (end < text.length && isSpace(text[end]!)) end++;
      if (start > last) parts.push(text.slice(last, start));
      parts.push(found.token);
      last = end;
    }
    if (last < text.length) parts.push(text.slice(last));
    return parts;
  }
}

const word = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;

/** Whether a character of a word, Rust's `\w`, ends before `at`. */
function endsWithWord(text: string, at: number): boolean {
  if (at === 0) return false;
  const pair = at > 1 && codePoint(text, at - 2) > 0xffff;
  return word.test(text.slice(pair ? at - 2 : at - 1, at));
}

function beginsWithWord(text: string, at: number): boolean {
  return at < text.length && word.test(String.fromCodePoint(codePoint(text, at)));
}
