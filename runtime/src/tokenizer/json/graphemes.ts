/**
 * Cuts texts at grapheme boundaries (Unicode Annex 29), as Intl.Segmenter, which is asked only
 * where characters may attach to one another.
 */

/**
 * Printable ASCII, Latin, Greek, Cyrillic, kana, Han and Hangul syllables: no combining marks,
 * joiners, pictographs or prepended characters are
 * among them (Grapheme_Cluster_Break, Unicode 15.1), so there is a boundary between any two of
 * them.
 */
const alone =
  " -~\\u00c0-\\u02ff\\u0370-\\u0482\\u048a-\\u052f\\u3001-\\u3029\\u3041-\\u3096\\u309b-\\u30ff\\u4e00-\\u9fff\\uac00-\\ud7a3";
/** All else, with a neighbour on either side that it may attach to. */
const attached = new RegExp(`[${alone}]?(?:[^${alone}]+[${alone}]?)+`, "g");

/** Made at the first text that needs it. */
let segmenter: Intl.Segmenter | undefined;

/** Calls `take` with each grapheme of a text, in order. */
export function eachGrapheme(text: string, take: (grapheme: string) => void): void {
  let at = 0;
  for (const { 0: part, index } of text.matchAll(attached)) {
    for (; at < index; at++) take(text[at]!);
    segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
    for (const { segment } of segmenter.segment(part)) take(segment);
    at += part.length;
  }
  for (; at < text.length; at++) take(text[at]!);
}
