/** Cleans texts as HFTokenizer of open_clip 3.3 does before it tokenizes them. */
import { TokenizerError } from "./error.ts";
import { htmlEntities } from "./html-entities.ts";
import { pythonLower } from "./lower-case.ts";
import { fixControls, fixEncoding } from "./mojibake/fix-encoding.ts";
import { characterOf } from "./mojibake/one-byte-encodings.ts";
import { collapseWhitespace, deletePunctuation, strip } from "./python-text.ts";
import type { Encoding, EncodeOptions, Tokenizer } from "./tokenizer.ts";

/**
 * `canonicalize` lower-cases, removes punctuation and turns `_` into a space. `lower` lower-cases.
 * `whitespace` changes only white space.
 */
export type OpenClipCleaning = "canonicalize" | "lower" | "whitespace";

const cleanings: readonly unknown[] = ["canonicalize", "lower", "whitespace"];

/**
 * Makes the tokenizer of an open_clip model: it cleans texts as open_clip does, and gives them to
 * the given one. Throws TokenizerError for a cleaning that open_clip does not know.
 */
export function openClipTokenizer<T extends Tokenizer>(
  tokenizer: T,
  cleaning: OpenClipCleaning = "whitespace",
): Tokenizer {
  if (!cleanings.includes(cleaning))
    throw new TokenizerError(
      `clean: expected one of ${cleanings.join(", ")}, received ${JSON.stringify(cleaning)}`,
    );
  const cleaned = (texts: string | readonly string[]): string | string[] =>
    typeof texts === "string"
      ? openClipText(texts, cleaning)
      : texts.map((text) => openClipText(text, cleaning));
  return {
    padTokenId: tokenizer.padTokenId,
    modelMaxLength: tokenizer.modelMaxLength,
    // Its text towers are given ids alone: padding is attended to.
    encode: (texts: string | readonly string[], options?: EncodeOptions): Encoding => ({
      inputIds: tokenizer.encode(cleaned(texts), options).inputIds,
    }),
    decode: (ids, options) => tokenizer.decode(ids, options),
  };
}

/** Cleans a text as open_clip does, which begins with `fix_text` of ftfy 6.3. */
export function openClipText(text: string, cleaning: OpenClipCleaning): string {
  const basic = strip(unescapeHtml(unescapeHtml(fixText(text))));
  const words = (some: string): string => strip(collapseWhitespace(some));
  if (cleaning === "whitespace") return words(basic);
  if (cleaning === "lower") return pythonLower(words(basic));
  return words(pythonLower(deletePunctuation(basic.replaceAll("_", " "))));
}

/** Fixes lines one by one. After a line with a tag, entities are left alone (ftfy 6.3). */
function fixText(text: string): string {
  let entities = true;
  return text
    .split(/(?<=\n)/)
    .map((line) => {
      entities &&= !line.includes("<");
      return fixLine(line, entities);
    })
    .join("");
}

function fixLine(line: string, entities: boolean): string {
  for (let text = line; ; ) {
    const before = text;
    if (entities) text = text.replace(/&#?[0-9A-Za-z]{1,24};/g, unambiguous);
    text = fixControls(fixEncoding(text))
      .replace(/[ĲĳŉǄ-ǌǱ-ǳﬀ-ﬆ]/g, (char) => ligatures[char] ?? char)
      .replace(/[\u3000\uff01-\uffef]/g, (char) => char.normalize("NFKC"))
      .replace(/[\u201c-\u201f]/g, '"')
      .replace(/[\u02bc\u2018-\u201b]/g, "'")
      .replace(/\r\n|[\r\u2028\u2029\x85]/g, "\n")
      .replace(/\p{Surrogate}/gu, "\ufffd")
      // Colours of terminals and the like.
      .replace(/\p{Cc}\[[\d;]*[a-zA-Z]/gu, (code) => (code.startsWith("\x1b") ? "" : code))
      .replace(/\p{Cc}/gu, (char) => (/[\t\n\f\r]/.test(char) || char > "\x7f" ? char : ""))
      .replace(/[\u206a-\u206f\ufeff\ufff9-\ufffc]/g, "")
      .normalize("NFC");
    if (text === before) return text;
  }
}

const ligatures: Readonly<Record<string, string>> = {
  ...{ Ĳ: "IJ", ĳ: "ij", ŉ: "ʼn", Ǳ: "DZ", ǲ: "Dz", ǳ: "dz", Ǆ: "DŽ", ǅ: "Dž", ǆ: "dž" },
  ...{ Ǉ: "LJ", ǈ: "Lj", ǉ: "lj", Ǌ: "NJ", ǋ: "Nj", ǌ: "nj" },
  ...{ ﬀ: "ff", ﬁ: "fi", ﬂ: "fl", ﬃ: "ffi", ﬄ: "ffl", ﬅ: "ſt", ﬆ: "st" },
};

/** An entity with its semicolon, also in capitals if no entity has that name. */
function unambiguous(entity: string): string {
  const known = htmlEntities();
  const name = entity.slice(1);
  const found = known.get(name);
  if (found !== undefined) return found;
  if (name.startsWith("#")) {
    const text = unescapeHtml(entity);
    return text.includes(";") ? entity : text;
  }
  const lower = name.toLowerCase();
  const small = name === name.toUpperCase() ? known.get(lower) : undefined;
  return small !== undefined && unescapeHtml(entity) === entity ? small.toUpperCase() : entity;
}

/** Python's `html.unescape`: an entity without a semicolon is its longest known name. */
function unescapeHtml(text: string): string {
  return text.includes("&")
    ? text.replace(
        /&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/gu,
        (_, reference: string) =>
          reference.startsWith("#") ? numbered(reference) : named(reference),
      )
    : text;
}

function named(reference: string): string {
  const known = htmlEntities();
  const characters = [...reference];
  for (let length = characters.length; length > 1; length--) {
    const found = known.get(characters.slice(0, length).join(""));
    if (found !== undefined) return found + characters.slice(length).join("");
  }
  return `&${reference}`;
}

function numbered(reference: string): string {
  const hexadecimal = /^#x/i.test(reference);
  const code = parseInt(reference.slice(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10);
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return "\ufffd";
  if (code >= 0x80 && code <= 0x9f) return characterOf("windows-1252", code);
  const isNothing =
    (code < 0x20 && ![0x9, 0xa, 0xc, 0xd].includes(code)) ||
    code === 0x7f ||
    (code >= 0xfdd0 && code <= 0xfdef) ||
    (code & 0xfffe) === 0xfffe;
  return isNothing ? "" : String.fromCodePoint(code);
}
