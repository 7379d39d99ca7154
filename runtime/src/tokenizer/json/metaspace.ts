import type { Component } from "./component.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";

const schemes = ["always", "first", "never"] as const;

/** What a Metaspace component says; older files have `add_prefix_space` for the scheme. */
export interface Metaspace {
  readonly marker: string;
  /** Which texts get a marker in front. */
  readonly scheme: (typeof schemes)[number];
  /** Whether words begin at markers. */
  readonly cut: boolean;
}

/** Reads a Metaspace component, pre-tokenizer or decoder. */
export function readMetaspace(spec: Component): Metaspace {
  const marker = spec.string("replacement", "\u2581");
  if (Array.from(marker).length !== 1) spec.fail("replacement", "one character", marker);
  const legacy = spec.boolean("add_prefix_space", true) ? "always" : "never";
  return {
    marker,
    scheme: spec.oneOf("prepend_scheme", schemes, legacy),
    cut: spec.boolean("split", true),
  };
}

/** Spaces become the marker, one is put in front as the scheme says, words begin at markers. */
export function metaspace({ marker, scheme, cut }: Metaspace): PreTokenizer {
  return (text, first) => {
    let marked = text.replaceAll(" ", marker);
    const prepend = scheme === "always" || (scheme === "first" && first);
    if (prepend && marked !== "" && !marked.startsWith(marker)) marked = marker + marked;
    if (!cut) return [marked];
    const words: string[] = [];
    let start = 0;
    for (let at = marked.indexOf(marker, 1); at > 0; at = marked.indexOf(marker, at + 1)) {
      words.push(marked.slice(start, at));
      start = at;
    }
    if (start < marked.length) words.push(marked.slice(start));
    return words;
  };
}
