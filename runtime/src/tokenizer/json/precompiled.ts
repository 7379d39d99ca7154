import type { Charsmap } from "../charsmap.ts";

const longestGrapheme = 6;
const mostKnown = 10_000;

/**
 * The Precompiled step as Hugging Face tokenizers runs it, which is not SentencePiece's: a grapheme of fewer
 * than six bytes is replaced as a whole by the shortest rule at its start, any other character by character.
 */
export function precompiled(charsmap: Charsmap): (text: string) => string {
  const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
  const utf8 = new TextEncoder();
  const transform = (part: string): string | undefined => charsmap.shortest(utf8.encode(part))?.replacement;

  const replace = (grapheme: string): string => {
    const whole = utf8.encode(grapheme).length < longestGrapheme ? transform(grapheme) : undefined;
    return whole ?? Array.from(grapheme, (char) => transform(char) ?? char).join("");
  };
  // Texts use few graphemes, again and again; the limit is for those that do not.
  const known = new Map<string, string>();
  const cached = (grapheme: string): string => {
    let result = known.get(grapheme);
    if (result === undefined) {
      if (known.size >= mostKnown) known.clear();
      known.set(grapheme, (result = replace(grapheme)));
    }
    return result;
  };

  return (text) => {
    let result = "";
    // Every printable ASCII character is a grapheme, which spares the segmenter.
    if (/^[ -~]*$/.test(text)) for (let i = 0; i < text.length; i++) result += cached(text[i]!);
    else for (const { segment } of graphemes.segment(text)) result += cached(segment);
    return result;
  };
}
