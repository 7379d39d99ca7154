/**
 * Text from outside as comments of generated files. Whatever it is, it ends no comment, continues
 * none and instructs no tool.
 */

import { codePoint } from "@sigil/spec";

/**
 * What a language or a tool may not take for plain text in a comment: control and format characters
 * and separators of lines (WGSL's lines end at U+000B, U+000C, U+0085, U+2028 and U+2029 too),
 * halves of surrogate pairs, which UTF-8 cannot write, the backslash and its trigraph, which
 * continue a line of C++.
 */
const special = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\\]|\?(?=\?)/gu;

const escaped = (character: string): string => `\\u{${codePoint(character).toString(16)}}`;

/** A comment of one line: `//` of TypeScript, WGSL and CUDA, `;;` of WAT. */
export const lineComment = (marker: "//" | ";;", text: string): string =>
  `${marker} ${text.replace(special, escaped)}`;

/** The text of a doc comment, one line without an end of the comment and without tags. */
export const docText = (text: string): string =>
  text.replace(special, escaped).replace(/(?<=\*)\/|@/g, escaped);
