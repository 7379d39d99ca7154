import { pieceOfByte } from "../byte-pieces.ts";

/**
 * Ids of a text's UTF-8 bytes as `<0xNN>` tokens, or undefined unless every one of them is in the
 * vocabulary.
 */
export function byteIds(text: string, ids: ReadonlyMap<string, number>): number[] | undefined {
  const found = Array.from(new TextEncoder().encode(text), (byte) => ids.get(pieceOfByte(byte)));
  return found.every((id) => id !== undefined) ? found : undefined;
}
