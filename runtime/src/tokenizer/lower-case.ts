/**
 * Lower case as the references have it, in the Unicode of the references and not of the engine:
 * engines differ by their ICU, and ids must not.
 */
import { codePoint } from "@sigil/spec/shared";

/**
 * A table of ranges as the inside of a character class. It has, for each range, the distance of its
 * first code point from the last one's end and, after a dot, its length less one, in base 36: pages
 * download it.
 */
function classOf(table: string): string {
  let at = 0;
  return table.replace(/(\w+)\.?(\w*) ?/g, (_, gap: string, more: string) => {
    const first = at + parseInt(gap, 36);
    at = first + parseInt(`0${more}`, 36);
    return `\\u{${first.toString(16)}}-\\u{${at.toString(16)}}`;
  });
}

/**
 * What Unicode 14 has a lower case for (UnicodeData.txt; Python 3.11), with characters between that
 * have none. Later versions keep these mappings (Unicode's stability policy: case pairs), so the
 * engine's can be asked for.
 */
const upper14 = /* @__PURE__ */ classOf(
  "1t.p 2u.u y.1i 3.e 3.1f 4.a 3.a 4.d 3.c 4 8.n 3.g 3.1t 8.4 3.d 82.2 4 9 7.11 10 9.m 6 " +
    "3.3 3.1e 1d.w a.1v 3.2m 3.11 28a.13 6 k3.2d 1p7.16 3.2 8x.44 a.2o a.7 9.5 b.7 9.7 9.5 " +
    "c.6 9.7 p.7 9.7 9.7 9.4 c.4 c.3 d.4 c.4 8a 4.1 7 1a.f k mr.p 1f5.1b 1d.4 3.b 3 9.2s 9.2 " +
    "5 nym.18 k.q 3s.c 4.1o b.d 5.2 3.2 4.1f 7 6.2 t h7w.p xy.13 3t.z 4d.11 1d7.1e 2cu.v " +
    "gw1.v o81.x",
);
const uppers14 = /* @__PURE__ */ new RegExp(`[${upper14}]`, "gu");

/** What Unicode 15 to 17 added to Cased and Case_Ignorable. */
const casing15 = /* @__PURE__ */ classOf(
  "1p3 187 2dd.e 3.b bi.1 ri9.4 3 2 6.2 l k0t 2.l 4.4 2.m 8w 1h.5 n6 ai.5 e 2 2 f.1 1ha 2.2 " +
    "2 hf 87.1 1h.4 6 2 o 44f.7 7.e 8uh.b 4.2 2dt.2 15.1 8k.o 3.o 7z.1 lyq.5 7a.1p y v0.4 " +
    "73.1 6s 3 8.1 6 a",
);
const outside14 = /* @__PURE__ */ new RegExp(`[${casing15}]`, "u");

const capitalSigma = "\u03a3";

/** Python 3.11's `str.lower()`: a capital sigma that ends a word becomes the final one. */
export function pythonLower(text: string): string {
  return text.replace(uppers14, (char, at: number) =>
    char === capitalSigma && endsWord(text, at) ? "\u03c2" : char.toLowerCase(),
  );
}

/** Final_Sigma: a cased character before, none after, those that casing ignores passed over. */
function endsWord(text: string, at: number): boolean {
  let before = at;
  do before = previous(text, before);
  while (before >= 0 && ignorable(charAt(text, before)));
  if (before < 0 || !cased(charAt(text, before))) return false;
  let after = at + 1;
  while (after < text.length && ignorable(charAt(text, after))) after += charAt(text, after).length;
  return after >= text.length || !cased(charAt(text, after));
}

/** Where the character before `at` begins, or below 0. */
function previous(text: string, at: number): number {
  return at > 1 && codePoint(text, at - 2) > 0xffff ? at - 2 : at - 1;
}

function charAt(text: string, at: number): string {
  return String.fromCodePoint(codePoint(text, at));
}

// U+1171E and U+0295 lost the property after Unicode 14.
function ignorable(char: string): boolean {
  return /[\p{Case_Ignorable}\u{1171e}]/u.test(char) && !outside14.test(char);
}

function cased(char: string): boolean {
  return /[\p{Cased}\u0295]/u.test(char) && !outside14.test(char);
}

/** What Unicode 15 to 17 gave a lower case: first, last, and what to add. */
const lowers17 = [
  [0x1c89, 0x1c89, 1],
  [0xa7cb, 0xa7cb, 0x264 - 0xa7cb],
  [0xa7cc, 0xa7cc, 1],
  [0xa7ce, 0xa7ce, 1],
  [0xa7d2, 0xa7d2, 1],
  [0xa7d4, 0xa7d4, 1],
  [0xa7da, 0xa7da, 1],
  [0xa7dc, 0xa7dc, 0x19b - 0xa7dc],
  [0x10d50, 0x10d65, 32],
  [0x16ea0, 0x16eb8, 27],
] as const;
const uppers17 = /* @__PURE__ */ new RegExp(`[${upper14}${casing15}]`, "gu");

/**
 * The Lowercase normalizer of tokenizers 0.23, whose Rust has Unicode 17: each character by
 * itself, so that no sigma is final.
 */
export function lowerEach(text: string): string {
  return text.replace(uppers17, (char) => {
    const point = codePoint(char);
    const added = lowers17.find(([first, last]) => point >= first && point <= last);
    return added ? String.fromCodePoint(point + added[2]) : char.toLowerCase();
  });
}
