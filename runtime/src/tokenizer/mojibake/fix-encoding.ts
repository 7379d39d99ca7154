/**
 * Text that was written as UTF-8 and decoded by another encoding, decoded once more as UTF-8: what
 * ftfy 6.3 does (`fix_encoding`), by which open_clip cleans texts.
 */
import { isBad } from "./badness.ts";
import {
  characterOf,
  encode,
  isWindows,
  oneByteEncodings,
  type OneByteEncoding,
} from "./one-byte-encodings.ts";

/** The text, or what it was before it was decoded wrongly, once or several times. */
export function fixEncoding(text: string): string {
  for (let fixed = text; ; ) {
    const before = fixed;
    fixed = fixOnce(fixed);
    if (fixed === before) return fixed;
  }
}

function fixOnce(text: string): string {
  if (/^\p{ASCII}*$/u.test(text) || !isBad(text)) return text;
  for (const encoding of oneByteEncodings) {
    const bytes = encode(text, encoding);
    const decoded = bytes === undefined ? undefined : decodeUtf8(restored(bytes, encoding));
    if (decoded !== undefined) return decoded;
  }
  const parts = text.replace(wrongUtf8(), (part) =>
    part.length < text.length && isBad(part) ? fixEncoding(part) : part,
  );
  return parts === text ? fixControls(text) : parts;
}

/** C1 control characters as what Windows-1252 has in their place. */
export const fixControls = (text: string): string =>
  text.replace(/[\x80-\x9f]/g, (char) => characterOf("windows-1252", char.charCodeAt(0)));

/** Bytes that became spaces or were lost. */
function restored(bytes: string, encoding: OneByteEncoding): string {
  // An en dash and a space of Mac Roman would be taken for one.
  const spaced = encoding === "macroman" ? bytes : restoreSpaces(bytes);
  return isWindows(encoding) ? spaced.replace(lossy(), "\xef\xbf\xbd") : spaced;
}

/** 0xa0, a space that does not break, where a space stands in a sequence of UTF-8. */
function restoreSpaces(bytes: string): string {
  return altered().test(bytes)
    ? bytes
        .replace(/\xc3 (?! |quele|quela|quilo|s )/g, "\xc3\xa0 ")
        .replace(altered("g"), (part) => part.replaceAll(" ", "\xa0"))
    : bytes;
}

const altered = (flags = ""): RegExp =>
  new RegExp(
    "[\xc2\xc3\xc5\xce\xd0\xd9] |[\xe2\xe3] [\x80-\x84\x86-\x9f\xa1-\xbf]|" +
      "[\xe0-\xe3][\x80-\x84\x86-\x9f\xa1-\xbf] |" +
      "\xf0(?: [\x80-\xbf]{2}|[\x80-\xbf] [\x80-\xbf]|[\x80-\xbf]{2} )",
    flags,
  );

/** UTF-8 of which bytes were lost (0x1a), or one of them is a question mark. */
const lossy = (): RegExp =>
  new RegExp(
    [
      "[\xc2-\xdf]\x1a|[\xc2\xc3]\\?",
      "\xed[\xa0-\xaf][\x1a?]\xed[\xb0-\xbf][\x1a?\x80-\xbf]",
      "\xed[\xa0-\xaf][\x1a?\x80-\xbf]\xed[\xb0-\xbf][\x1a?]",
      "[\xe0-\xef](?:[\x1a?][\x1a\x80-\xbf]|[\x1a\x80-\xbf][\x1a?])",
      "[\xf0-\xf4](?:[\x1a?][\x1a\x80-\xbf]{2}|[\x1a\x80-\xbf][\x1a?][\x1a\x80-\xbf]|" +
        "[\x1a\x80-\xbf]{2}[\x1a?])",
      "\x1a",
    ].join("|"),
    "g",
  );

/**
 * Text of UTF-8, also of Java's (0xc0 0x80 for U+0000) and of one that encodes each half of a
 * surrogate pair; undefined where it is none. `bytes` has one in each character.
 */
function decodeUtf8(bytes: string): string | undefined {
  // ftfy's own takes a line break at the end for the last byte of either.
  const special = /(\xc0(?:\x80|\n$)|\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf](?:[\x80-\xbf]|\n$))/;
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return bytes
      .split(special)
      .map((part, i) => {
        const at = (n: number): number => part.charCodeAt(n);
        if (i % 2 === 0) return strict.decode(Uint8Array.from(part, (char) => char.charCodeAt(0)));
        if (part.length === 2) return "\0";
        const high = ((at(1) & 0xf) << 16) + ((at(2) & 0x3f) << 10);
        return String.fromCodePoint(high + ((at(4) & 0xf) << 6) + (at(5) & 0x3f) + 0x10000);
      })
      .join("");
  } catch {
    return undefined;
  }
}

let detector: RegExp | undefined;

/**
 * Sequences of UTF-8 in a text that was decoded by one of the encodings of Latin, Greek and
 * Cyrillic letters, a space for 0xa0 too, not behind the middle of one.
 */
function wrongUtf8(): RegExp {
  if (detector) return detector;
  const letters = oneByteEncodings.filter((name) => name === "latin-1" || isWindows(name));
  const class_ = (bytes: readonly number[], more = ""): string =>
    `[${bytes.flatMap((byte) => letters.map((name) => characterOf(name, byte))).join("")}${more}]`;
  const range = (from: number, to: number): number[] =>
    Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const middle = class_(range(0x80, 0xbf), " ");
  const strict = middle.replace(/[ \u2013-\u2015\u2018-\u201e\u2022\u2026]/g, "");
  const sequences = [
    class_(range(0xc2, 0xdf)) + middle,
    `${class_(range(0xe0, 0xef))}${middle}{2}`,
    `${class_([0xf0, 0xf3])}${middle}{3}`,
  ];
  return (detector = new RegExp(`(?<!${strict})(?:${sequences.join("|")})+`, "g"));
}
