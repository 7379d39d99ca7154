import { byteOfPiece, decodeUtf8, pieceOfByte } from "./byte-pieces.ts";
import { TokenizerError } from "./error.ts";
import { parseModelProto, PieceType, type ModelProto } from "./model-proto.ts";
import { PieceTrie } from "./piece-trie.ts";
import { SentencePieceNormalizer, spaceMarker } from "./sentencepiece-normalizer.ts";
import { viterbi, type UnigramLattice } from "./viterbi.ts";

/** A piece of an encoded text. If it is unknown, `text` is the unknown text. */
export interface EncodedPiece {
  readonly id: number;
  readonly text: string;
}

const unknownPenalty = 10;

/** The score of a user-defined piece in SentencePiece 0.2.2, whatever the file says. */
const userDefinedScore = (byteLength: number): number => Math.fround(0.1 * (byteLength - 1));

/**
 * A SentencePiece unigram model. It gives the same ids and texts as `SentencePieceProcessor` for
 * the same file.
 */
export class SentencePiece {
  readonly proto: ModelProto;
  /** Id of the model's unknown piece. */
  readonly unkId: number;
  private readonly idByText = new Map<string, number>();
  private readonly normalizer: SentencePieceNormalizer;
  private readonly lattice: UnigramLattice;
  private readonly byteIds: readonly number[] | undefined;

  /**
   * Reads a `spiece.model`. Throws TokenizerError if it is damaged, has no unknown piece or is not
   * a unigram model. `addDummyPrefix` overrides the file.
   */
  constructor(data: Uint8Array, options: { readonly addDummyPrefix?: boolean } = {}) {
    const file = parseModelProto(data);
    const proto = { ...file, normalizer: { ...file.normalizer, ...options } };
    this.proto = proto;
    this.normalizer = new SentencePieceNormalizer(proto);
    const trie = new PieceTrie();
    let lowest = Infinity;
    proto.pieces.forEach(({ text, type, score }, id) => {
      if (this.idByText.has(text))
        throw new TokenizerError(`piece ${id} ${JSON.stringify(text)} occurs twice`);
      this.idByText.set(text, id);
      if (type === PieceType.normal) lowest = Math.min(lowest, score);
      if (type === PieceType.normal || type === PieceType.userDefined || type === PieceType.unused)
        trie.add(text, id);
    });
    this.unkId = proto.pieces.findIndex((piece) => piece.type === PieceType.unknown);
    if (this.unkId < 0) throw new TokenizerError("the model has no piece for unknown text");
    this.lattice = {
      trie,
      unknownScore: Math.fround(lowest - unknownPenalty),
      round: Math.fround,
      score: (id, byteLength) => {
        const piece = proto.pieces[id]!;
        if (piece.type === PieceType.unused) return undefined;
        return piece.type === PieceType.userDefined ? userDefinedScore(byteLength) : piece.score;
      },
    };
    if (proto.byteFallback) {
      this.byteIds = Array.from({ length: 256 }, (_, byte) => {
        const id = this.idByText.get(pieceOfByte(byte));
        if (id === undefined)
          throw new TokenizerError(`the model falls back to bytes but has no ${pieceOfByte(byte)}`);
        return id;
      });
    }
  }

  /** The ids of `text`, without special tokens. */
  encode(text: string): number[] {
    return this.encodePieces(text).map((piece) => piece.id);
  }

  /**
   * The pieces of `text`. Unknown characters become byte pieces if the model has those. Otherwise
   * consecutive ones become one unknown piece.
   */
  encodePieces(text: string): EncodedPiece[] {
    const pieces: { id: number; text: string }[] = [];
    let previousUnknown = false;
    const normalized = this.normalizer.normalize(text);
    for (const { id, start, end } of viterbi(this.lattice, normalized)) {
      const unknown = id < 0;
      const part = normalized.slice(start, end);
      if (!unknown) pieces.push({ id, text: part });
      else if (this.byteIds !== undefined) {
        for (const byte of new TextEncoder().encode(part))
          pieces.push({ id: this.byteIds[byte]!, text: pieceOfByte(byte) });
      } else if (previousUnknown) pieces.at(-1)!.text += part;
      else pieces.push({ id: this.unkId, text: part });
      previousUnknown = unknown;
    }
    return pieces;
  }

  /**
   * The text of pieces. Byte pieces are joined to UTF-8, the leading marker is removed, and control
   * pieces are dropped.
   */
  decodePieces(pieces: readonly string[]): string {
    const { addDummyPrefix, removeExtraWhitespaces } = this.proto.normalizer;
    let text = "";
    let bytes: number[] = [];
    let markerSeen = false;
    let atStart = true;
    for (const piece of pieces) {
      const type = this.proto.pieces[this.pieceToId(piece)]!.type;
      if (type === PieceType.byte) {
        bytes.push(byteOfPiece(piece));
        continue;
      }
      text += decodeUtf8(bytes);
      bytes = [];
      if (markerSeen || text !== "") atStart = false;
      markerSeen = false;
      if (type === PieceType.control) continue;
      if (type === PieceType.unknown) {
        text += piece === this.proto.pieces[this.unkId]!.text ? this.proto.unkSurface : piece;
        continue;
      }
      const marked =
        atStart && (addDummyPrefix || removeExtraWhitespaces) && piece.startsWith(spaceMarker);
      markerSeen = marked && !removeExtraWhitespaces;
      text += (marked ? piece.slice(spaceMarker.length) : piece).replaceAll(spaceMarker, " ");
    }
    return text + decodeUtf8(bytes);
  }

  /** The id of a piece, or the unknown id for any other text. */
  pieceToId(piece: string): number {
    return this.idByText.get(piece) ?? this.unkId;
  }

  /** Whether the text is a piece of the model. */
  has(piece: string): boolean {
    return this.idByText.has(piece);
  }
}
