import type { Charsmap } from "../charsmap.ts";
import { utf8Of } from "../utf8.ts";
import { eachGrapheme } from "./graphemes.ts";

const longestGrapheme = 6;
const mostKnown = 10_000;

/**
 * The Precompiled step as Hugging Face tokenizers runs it, which is not SentencePiece's: a grapheme
 * of fewer
 * than six bytes is replaced as a whole by the shortest rule at its start, any other character by
 * character.
 */
export function precompiled(charsmap: Charsmap): (text: string) => string {
  const transform = (bytes: readonly number[]): string | undefined =>
    charsmap.shortest(bytes)?.replacement;

  const replace = (grapheme: string): string => {
    const bytes = utf8Of(grapheme);
    const whole = bytes.length < longestGrapheme ? transform(bytes) : undefined;
    return whole ?? Array.from(grapheme, (char) => transform(utf8Of(char)) ?? char).join("");
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
    eachGrapheme(text, (grapheme) => void (result += cached(grapheme)));
    return result;
  };
}
