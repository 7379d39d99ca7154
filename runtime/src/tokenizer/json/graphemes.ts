import { codePoint } from "@sigil/spec/shared";

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
  " -~\\u00c0-\\u02ff\\u0370-\\u0482\\u048a-\\u052f" +
  "\\u3001-\\u3029\\u3041-\\u3096\\u309b-\\u30ff\\u4e00-\\u9fff\\uac00-\\ud7a3";
const others = new RegExp(`[^${alone}]+`, "g");

/** Made at the first text that needs it. */
let segmenter: Intl.Segmenter | undefined;

/**
 * V8's segmenter takes quadratic time, so it never gets more, but for one grapheme that is longer.
 */
const atOnce = 512;

/** Calls `take` with each grapheme of a text, in order. */
export function eachGrapheme(text: string, take: (grapheme: string) => void): void {
  let at = 0;
  const upTo = (end: number): void => {
    for (; at < end; at++) take(text[at]!);
  };
  // What may attach, with a neighbour on either side that it may attach to.
  let [start, end] = [0, 0];
  const flush = (): void => {
    upTo(start);
    if (end > start) segmentParts(text.slice(start, end), take);
    at = Math.max(at, end);
  };
  for (const { 0: part, index } of text.matchAll(others)) {
    if (index > end) {
      flush();
      start = index - 1;
    } else if (end === 0) start = Math.max(0, index - 1);
    end = Math.min(index + part.length + 1, text.length);
  }
  flush();
  upTo(text.length);
}

/**
 * The last grapheme of a stretch may go on behind it, so the next stretch begins with it: no rule
 * looks back over a boundary.
 */
function segmentParts(part: string, take: (grapheme: string) => void): void {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  let size = atOnce;
  for (let start = 0; start < part.length; ) {
    let end = Math.min(start + size, part.length);
    if (end < part.length && codePoint(part, end - 1) > 0xffff) end++;
    const graphemes = Array.from(
      segmenter.segment(part.slice(start, end)),
      ({ segment }) => segment,
    );
    const whole = end === part.length ? graphemes.length : graphemes.length - 1;
    for (const grapheme of graphemes.slice(0, whole)) {
      take(grapheme);
      start += grapheme.length;
    }
    size = whole === 0 ? 2 * size : atOnce;
  }
}
