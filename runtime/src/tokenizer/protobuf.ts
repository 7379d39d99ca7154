import { TokenizerError } from "./error.ts";

/** Wire types of protobuf; the two group types are obsolete and refused. */
export const WireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** One field of a message, its value still undecoded for `bytes` and `fixed32`. */
export interface Field {
  readonly number: number;
  readonly wire: number;
  /** Where the field's tag starts in the file. */
  readonly offset: number;
  /** The value of a varint (exact up to 2^53), 0 otherwise. */
  readonly varint: number;
  /** Where the payload lies in the file. */
  readonly start: number;
  readonly end: number;
}

/**
 * Walks the fields of the protobuf message in `data[start, end)`; every damage throws
 * TokenizerError.
 */
export function* readFields(data: Uint8Array, start = 0, end = data.length): Generator<Field> {
  let position = start;

  const readVarint = (): number => {
    const first = position;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (position >= end) throw new TokenizerError("the file ends inside a number", first);
      const byte = data[position++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new TokenizerError("a number is longer than ten bytes", first);
  };

  const payloadLength = (wire: number, offset: number): number => {
    switch (wire) {
      case WireType.varint:
        return 0;
      case WireType.fixed64:
        return 8;
      case WireType.bytes:
        return readVarint();
      case WireType.fixed32:
        return 4;
      default:
        throw new TokenizerError(`unknown protobuf wire type ${wire}`, offset);
    }
  };

  while (position < end) {
    const offset = position;
    const tag = readVarint();
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (number === 0) throw new TokenizerError("protobuf field number 0", offset);
    const varint = wire === WireType.varint ? readVarint() : 0;
    const length = payloadLength(wire, offset);
    if (length > end - position) {
      throw new TokenizerError(
        `field ${number} claims ${length} bytes where ${end - position} are left`,
        offset,
      );
    }
    yield { number, wire, offset, varint, start: position, end: position + length };
    position += length;
  }
}

/** Throws unless the field has the wire type its number stands for. */
export function expectWire(field: Field, wire: number, what: string): void {
  if (field.wire !== wire)
    throw new TokenizerError(`${what} has wire type ${field.wire}, not ${wire}`, field.offset);
}
