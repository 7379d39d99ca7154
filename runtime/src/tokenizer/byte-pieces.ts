/** The byte a piece such as `<0x0A>` stands for, or -1. */
export function byteOfPiece(piece: string): number {
  const match = /^<0x([0-9A-Fa-f]{2})>$/.exec(piece);
  return match === null ? -1 : parseInt(match[1]!, 16);
}

/** The piece that stands for a byte: `<0x0A>` for 10. */
export function pieceOfByte(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

/**
 * Decodes UTF-8 as SentencePiece does: every byte that starts no valid character becomes one
 * U+FFFD.
 */
export function decodeUtf8(bytes: readonly number[]): string {
  let text = "";
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i]!;
    const length =
      lead < 0x80 ? 1 : lead >> 5 === 6 ? 2 : lead >> 4 === 14 ? 3 : lead >> 3 === 30 ? 4 : 0;
    const tail = bytes.slice(i + 1, i + length);
    let point = length <= 1 ? lead : lead & (0xff >> (length + 1));
    for (const byte of tail) point = (point << 6) | (byte & 0x3f);
    const valid =
      length > 0 &&
      tail.length === length - 1 &&
      tail.every((byte) => byte >> 6 === 2) &&
      point >= [0, 0x80, 0x800, 0x10000][length - 1]! &&
      point <= 0x10ffff &&
      (point < 0xd800 || point > 0xdfff);
    text += valid ? String.fromCodePoint(point) : "\ufffd";
    i += valid ? length : 1;
  }
  return text;
}
