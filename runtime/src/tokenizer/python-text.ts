import { trim } from "./trim.ts";

/**
 * What Python's `str.isspace` and `re`'s `\s` hold for; JavaScript's `\s` differs on U+001C-1F,
 * U+0085 and U+FEFF.
 */
const whitespace =
  "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const whitespaceRuns = new RegExp(`${whitespace}+`, "g");
const oneWhitespace = new RegExp(whitespace);
const punctuation = /[!-/:-@[-`{-~]/g;

/** Python's `str.strip()`, or `lstrip` and `rstrip` at one end. */
export function strip(text: string, ends: "start" | "end" | "both" = "both"): string {
  return trim(text, (char) => oneWhitespace.test(char), ends);
}

/** Python's `re.sub(r"\s+", " ", text)`. */
export function collapseWhitespace(text: string): string {
  return text.replace(whitespaceRuns, " ");
}

/** Deletes the 32 characters of Python's `string.punctuation`. */
export function deletePunctuation(text: string): string {
  return text.replace(punctuation, "");
}
