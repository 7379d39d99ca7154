import { codePoint } from "@sigil/spec/shared";
import { Charsmap } from "./charsmap.ts";
import { PieceType, type ModelProto } from "./model-proto.ts";
import { PieceTrie } from "./piece-trie.ts";

/** The marker SentencePiece writes for a space. */
export const spaceMarker = "\u2581";

/**
 * SentencePiece's normaliser: charsmap, whitespace clean-up, dummy prefix and escaping as the model
 * asks.
 */
export class SentencePieceNormalizer {
  private readonly proto: ModelProto;
  private readonly charsmap: Charsmap | undefined;
  private readonly userDefined: PieceTrie | undefined;

  constructor(proto: ModelProto) {
    this.proto = proto;
    const { precompiledCharsmap } = proto.normalizer;
    this.charsmap = precompiledCharsmap.length > 0 ? new Charsmap(precompiledCharsmap) : undefined;
    const userDefined = proto.pieces.filter((piece) => piece.type === PieceType.userDefined);
    if (userDefined.length > 0) {
      this.userDefined = new PieceTrie();
      for (const piece of userDefined) this.userDefined.add(piece.text, 1);
    }
  }

  /**
   * The normalised text, spaces escaped; empty when only whitespace was there and the model removes
   * it.
   */
  normalize(text: string): string {
    const { removeExtraWhitespaces, addDummyPrefix, escapeWhitespaces } = this.proto.normalizer;
    const space = escapeWhitespaces ? spaceMarker : " ";
    const suffix = this.proto.treatWhitespaceAsSuffix;
    const parts = this.replaced(text);

    let first = 0;
    if (removeExtraWhitespaces) while (parts[first] === " ") first++;
    if (first >= parts.length) return "";

    let result = addDummyPrefix && !suffix ? space : "";
    let afterSpace = removeExtraWhitespaces;
    for (let i = first; i < parts.length; i++) {
      let part = parts[i]!;
      if (afterSpace) part = part.replace(/^ +/, "");
      if (part !== "") {
        result += part.replaceAll(" ", space);
        afterSpace = part.endsWith(" ");
      }
      if (!removeExtraWhitespaces) afterSpace = false;
    }
    if (removeExtraWhitespaces) {
      let end = result.length;
      while (end > 0 && result[end - 1] === space) end--;
      result = result.slice(0, end);
    }
    return addDummyPrefix && suffix ? result + space : result;
  }

  /**
   * The text cut at every rule, each stretch replaced: user-defined pieces as they are, then the
   * longest rule.
   */
  private replaced(text: string): string[] {
    const wellFormed = text.replace(/\p{Surrogate}/gu, "\ufffd");
    const bytes = new TextEncoder().encode(wellFormed);
    const parts: string[] = [];
    let at = 0;
    for (let i = 0; i < wellFormed.length; ) {
      const literal = this.userDefinedAt(wellFormed, i);
      const match = literal === 0 ? this.charsmap?.longest(bytes, at) : undefined;
      let units = literal;
      if (match === undefined) {
        units ||= codePoint(wellFormed, i) > 0xffff ? 2 : 1;
        parts.push(wellFormed.slice(i, i + units));
        at += utf8Length(wellFormed, i, i + units);
      } else {
        parts.push(match.replacement);
        at += match.length;
        for (let left = match.length; left > 0; ) {
          const step = codePoint(wellFormed, i + units) > 0xffff ? 2 : 1;
          left -= utf8Length(wellFormed, i + units, i + units + step);
          units += step;
        }
      }
      i += units;
    }
    return parts;
  }

  /** Length in UTF-16 units of the longest user-defined piece at `start`, or 0. */
  private userDefinedAt(text: string, start: number): number {
    if (this.userDefined === undefined) return 0;
    let longest = 0;
    for (let i = start, node = PieceTrie.root; i < text.length; ) {
      const point = codePoint(text, i);
      node = this.userDefined.step(node, point);
      if (node < 0) break;
      i += point > 0xffff ? 2 : 1;
      if (this.userDefined.idAt(node) >= 0) longest = i - start;
    }
    return longest;
  }
}

function utf8Length(text: string, start: number, end: number): number {
  let length = 0;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    length += unit < 0x80 ? 1 : unit < 0x800 ? 2 : unit >= 0xd800 && unit <= 0xdfff ? 2 : 3;
  }
  return length;
}
