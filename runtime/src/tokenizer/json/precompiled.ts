import type { Charsmap } from "../charsmap.ts";

const longestGrapheme = 6;

/**
 * The Precompiled step as Hugging Face tokenizers runs it, which is not SentencePiece's: a grapheme of fewer
 * than six bytes is replaced as a whole by the shortest rule at its start, any other character by character.
 */
export function precompiled(charsmap: Charsmap): (text: string) => string {
  const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
  const utf8 = new TextEncoder();
  const transform = (part: string): string | undefined => charsmap.shortest(utf8.encode(part))?.replacement;

  return (text) => {
    let result = "";
    for (const { segment } of graphemes.segment(text)) {
      const whole = utf8.encode(segment).length < longestGrapheme ? transform(segment) : undefined;
      if (whole !== undefined) result += whole;
      else for (const char of segment) result += transform(char) ?? char;
    }
    return result;
  };
}
