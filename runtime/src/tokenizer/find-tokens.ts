import { codePoint } from "@sigil/spec/shared";
import { PieceTrie } from "./piece-trie.ts";

/** A stretch of text in UTF-16 units. */
export interface Found<T> {
  readonly token: T;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds tokens in texts: leftmost first, of several there the longest, none inside another. Takes
 * time linear in the text, times the longest token at worst.
 */
export class TokenFinder<T> {
  private readonly tokens: T[] = [];
  private readonly trie = new PieceTrie();

  /** Tokens by what they look like; the empty one is never found. */
  constructor(tokens: Iterable<readonly [content: string, token: T]>) {
    for (const [content, token] of tokens)
      if (content !== "") this.trie.add(content, this.tokens.push(token) - 1);
  }

  *find(text: string): Generator<Found<T>> {
    if (this.tokens.length === 0) return;
    for (let start = 0; start < text.length; ) {
      let token = -1;
      let end = start;
      for (let at = start, node: number = PieceTrie.root; at < text.length; ) {
        const point = codePoint(text, at);
        node = this.trie.step(node, point);
        if (node < 0) break;
        at += point > 0xffff ? 2 : 1;
        const id = this.trie.idAt(node);
        if (id >= 0) [token, end] = [id, at];
      }
      if (token >= 0) yield { token: this.tokens[token]!, start, end };
      start = token >= 0 ? end : start + (codePoint(text, start) > 0xffff ? 2 : 1);
    }
  }
}
