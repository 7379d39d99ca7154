import { TokenizerError } from "./error.ts";
import { expectWire, readFields, WireType, type Field } from "./protobuf.ts";

/** `ModelProto.SentencePiece.Type`. */
export const PieceType = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const;

/** One vocabulary entry; its id is its index. */
export interface Piece {
  readonly text: string;
  /** A float32. */
  readonly score: number;
  readonly type: number;
}

/** `NormalizerSpec`, with the defaults of sentencepiece_model.proto. */
export interface NormalizerSpec {
  readonly precompiledCharsmap: Uint8Array;
  readonly addDummyPrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
  readonly escapeWhitespaces: boolean;
}

/** What the tokenizer reads of a `spiece.model`. */
export interface ModelProto {
  readonly pieces: readonly Piece[];
  readonly normalizer: NormalizerSpec;
  readonly byteFallback: boolean;
  readonly treatWhitespaceAsSuffix: boolean;
  readonly unkPiece: string;
  readonly unkSurface: string;
}

const unigramModelType = 1;

/**
 * Reads a serialised `ModelProto`; throws TokenizerError when it is damaged or not a unigram model.
 */
export function parseModelProto(data: Uint8Array): ModelProto {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  const text = (field: Field, what: string): string => {
    expectWire(field, WireType.bytes, what);
    try {
      return utf8.decode(data.subarray(field.start, field.end));
    } catch (cause) {
      throw new TokenizerError(`${what} is not UTF-8`, field.start, { cause });
    }
  };
  const number = (field: Field, what: string): number => {
    expectWire(field, WireType.varint, what);
    return field.varint;
  };

  const parsePiece = (message: Field): Piece => {
    expectWire(message, WireType.bytes, "a piece");
    const piece = { text: "", score: 0, type: PieceType.normal as number };
    for (const field of readFields(data, message.start, message.end)) {
      if (field.number === 1) piece.text = text(field, "a piece's text");
      else if (field.number === 2) {
        expectWire(field, WireType.fixed32, "a piece's score");
        piece.score = view.getFloat32(field.start, true);
      } else if (field.number === 3) piece.type = number(field, "a piece's type");
    }
    if (piece.text === "") throw new TokenizerError("a piece has no text", message.offset);
    if (!Number.isFinite(piece.score))
      throw new TokenizerError("a piece's score is not finite", message.offset);
    if (piece.type < 1 || piece.type > 6)
      throw new TokenizerError(`unknown piece type ${piece.type}`, message.offset);
    return piece;
  };

  const pieces: Piece[] = [];
  let modelType: number = unigramModelType;
  let modelTypeOffset = 0;
  let byteFallback = false;
  let treatWhitespaceAsSuffix = false;
  let unkPiece = "<unk>";
  let unkSurface = " \u2047 ";
  const normalizer = {
    precompiledCharsmap: new Uint8Array(0),
    addDummyPrefix: true,
    removeExtraWhitespaces: true,
    escapeWhitespaces: true,
  };

  const parseTrainerSpec = (message: Field): void => {
    expectWire(message, WireType.bytes, "the trainer spec");
    for (const field of readFields(data, message.start, message.end)) {
      if (field.number === 3) {
        modelType = number(field, "model_type");
        modelTypeOffset = field.offset;
      } else if (field.number === 24)
        treatWhitespaceAsSuffix = number(field, "treat_whitespace_as_suffix") !== 0;
      else if (field.number === 35) byteFallback = number(field, "byte_fallback") !== 0;
      else if (field.number === 44) unkSurface = text(field, "unk_surface");
      else if (field.number === 45) unkPiece = text(field, "unk_piece");
    }
  };
  const parseNormalizerSpec = (message: Field): void => {
    expectWire(message, WireType.bytes, "the normalizer spec");
    for (const field of readFields(data, message.start, message.end)) {
      if (field.number === 2) {
        expectWire(field, WireType.bytes, "precompiled_charsmap");
        normalizer.precompiledCharsmap = data.slice(field.start, field.end);
      } else if (field.number === 3)
        normalizer.addDummyPrefix = number(field, "add_dummy_prefix") !== 0;
      else if (field.number === 4)
        normalizer.removeExtraWhitespaces = number(field, "remove_extra_whitespaces") !== 0;
      else if (field.number === 5)
        normalizer.escapeWhitespaces = number(field, "escape_whitespaces") !== 0;
    }
  };

  for (const field of readFields(data)) {
    if (field.number === 1) pieces.push(parsePiece(field));
    else if (field.number === 2) parseTrainerSpec(field);
    else if (field.number === 3) parseNormalizerSpec(field);
  }
  if (modelType !== unigramModelType) {
    throw new TokenizerError(
      `the model has type ${modelType}; only unigram (1) is supported`,
      modelTypeOffset,
    );
  }
  if (pieces.length === 0) throw new TokenizerError("the model has no pieces", data.length);
  return { pieces, normalizer, byteFallback, treatWhitespaceAsSuffix, unkPiece, unkSurface };
}
