/**
 * Grapheme boundaries beside the engine's own, on characters that attach to their neighbours and on
 * those that never do.
 */
import { describe, expect, it } from "vitest";

// Inside the package: what a tokenizer makes of graphemes would show only some of them.
const file = new URL("../../../runtime/dist/tokenizer/json/graphemes.js", import.meta.url).href;
const { eachGrapheme } = (await import(file)) as {
  eachGrapheme(text: string, take: (grapheme: string) => void): void;
};

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
const cut = (text: string): string[] => {
  const parts: string[] = [];
  eachGrapheme(text, (grapheme) => void parts.push(grapheme));
  return parts;
};
const expected = (text: string): string[] =>
  Array.from(segmenter.segment(text), ({ segment }) => segment);

describe("graphemes", () => {
  it("of characters of the basic plane beside such as may attach", { timeout: 60_000 }, () => {
    // Combining and spacing marks, variation selector, joiner, prepended sign, jamo, regional
    // indicator, pictograph, line ends, Devanagari's virama.
    const neighbours = [
      "\u0301",
      "\u0903",
      "\ufe0f",
      "\u200d",
      "\u0600",
      "\u1100",
      "\u1161",
      "\u11a8",
      "\u{1f1e6}",
      "\u{1f468}",
      "\r",
      "\n",
      "\u094d\u0915",
      "a",
      "\u3042",
      "\uac00",
      "\ud800",
    ];
    const different: string[] = [];
    for (let code = 0; code < 0x10000; code++)
      // Every pair below Han and Hangul, which hold the other scripts that are cut without asking;
      // above, each character beside one.
      for (const neighbour of code < 0x3100
        ? neighbours
        : [neighbours[code % neighbours.length]!]) {
        const text = `${String.fromCharCode(code)}${neighbour}${String.fromCharCode(code)}`;
        if (cut(text).join("|") !== expected(text).join("|")) different.push(JSON.stringify(text));
      }
    expect(different).toEqual([]);
  });

  it("of texts at whose ends something attaches", () => {
    for (const text of [
      "",
      "a",
      "\u0301",
      "a\u0301",
      "\u0301a",
      "a\u0301b\u0301c",
      "e\u0301\u0301 \u{1f468}\u200d\u{1f469}\u200d\u{1f467}x\u{1f1e9}\u{1f1ea}\u{1f1eb}",
      "\r\n\r",
      "\u0600a",
      "a\u200d",
      "\ud800",
      "x\udc00y",
    ])
      expect(cut(text), JSON.stringify(text)).toEqual(expected(text));
  });
});
