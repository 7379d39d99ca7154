import { TokenizerError } from "./error.ts";

/** A rule found at a position: how many input bytes it replaces and by what. */
export interface CharsmapMatch {
  readonly length: number;
  readonly replacement: string;
}

/**
 * SentencePiece's precompiled character map: a little-endian byte count, a darts-clone double array
 * over
 * UTF-8 of that size, then NUL-terminated replacements the array's values point into.
 */
export class Charsmap {
  private readonly units: Uint32Array;
  private readonly outputs: Uint8Array;
  private readonly decoded = new Map<number, string>();

  constructor(data: Uint8Array) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (data.length <= 4) throw new TokenizerError("the precompiled charsmap has no trie", 0);
    const trieBytes = view.getUint32(0, true);
    if (trieBytes === 0 || trieBytes % 4 !== 0 || trieBytes > data.length - 4) {
      throw new TokenizerError(
        `the precompiled charsmap claims a trie of ${trieBytes} of its ${data.length} bytes`,
        0,
      );
    }
    this.units = new Uint32Array(trieBytes / 4);
    for (let i = 0; i < this.units.length; i++) this.units[i] = view.getUint32(4 + 4 * i, true);
    this.outputs = data.subarray(4 + trieBytes);
  }

  /** The longest rule matching at `start`, as SentencePiece applies it. */
  longest(bytes: Uint8Array, start: number): CharsmapMatch | undefined {
    return this.match(bytes, start, false);
  }

  /** The shortest rule matching at the start of `bytes`, as Hugging Face tokenizers applies it. */
  shortest(bytes: ArrayLike<number>): CharsmapMatch | undefined {
    return this.match(bytes, 0, true);
  }

  private match(
    bytes: ArrayLike<number>,
    start: number,
    first: boolean,
  ): CharsmapMatch | undefined {
    const { units } = this;
    let length = 0;
    let value = -1;
    let node = childrenOffset(units[0]!);
    for (let i = start; i < bytes.length; i++) {
      node = (node ^ bytes[i]!) >>> 0;
      const unit = units[node];
      if (unit === undefined || (unit & 0x800000ff) >>> 0 !== bytes[i]!) break;
      node = (node ^ childrenOffset(unit)) >>> 0;
      if ((unit >>> 8) & 1) {
        const leaf = units[node];
        if (leaf === undefined)
          throw new TokenizerError(
            "the precompiled charsmap points outside its trie",
            4 + 4 * node,
          );
        length = i + 1 - start;
        value = leaf & 0x7fffffff;
        if (first) break;
      }
    }
    return value < 0 ? undefined : { length, replacement: this.output(value) };
  }

  private output(offset: number): string {
    let text = this.decoded.get(offset);
    if (text === undefined) {
      if (offset >= this.outputs.length)
        throw new TokenizerError(`the precompiled charsmap has no replacement ${offset}`);
      let end = this.outputs.indexOf(0, offset);
      if (end < 0) end = this.outputs.length;
      text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
        this.outputs.subarray(offset, end),
      );
      this.decoded.set(offset, text);
    }
    return text;
  }
}

/** Where a unit's children start, relative to it (darts-clone's `offset()`). */
function childrenOffset(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}
