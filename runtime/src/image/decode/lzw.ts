/** The compression of GIF (GIF89a specification, appendix F). */
import { ImageError } from "../raw-image.ts";

const mostCodes = 4096;

/**
 * `count` indices from sub-blocks that begin at `at`; `bits` is the size of the first codes less
 * one. Throws ImageError for codes that cannot be, and for too few.
 */
export function unpackLzw(bytes: Uint8Array, at: number, bits: number, count: number): Uint8Array {
  if (bits > 11)
    throw new ImageError(`expected a GIF with codes of at most 12 bits, received ${bits + 1}`);
  const out = new Uint8Array(count);
  const clear = 1 << bits;
  // Each code is another one and an index after it; a string is read from its end.
  const before = new Uint16Array(mostCodes);
  const last = new Uint8Array(mostCodes);
  const lengths = new Uint16Array(mostCodes);
  for (let code = 0; code < clear; code++) [last[code], lengths[code]] = [code, 1];
  let [next, size, previous] = [clear + 2, bits + 1, -1];
  let [held, heldBits, block, written] = [0, 0, 0, 0];
  while (written < count) {
    while (heldBits < size) {
      if (block === 0) block = bytes[at++] ?? 0;
      if (block === 0 || at + block > bytes.length)
        throw new ImageError("expected a whole GIF, received one that is cut off");
      held |= bytes[at++]! << heldBits;
      heldBits += 8;
      block--;
    }
    const code = held & ((1 << size) - 1);
    held >>>= size;
    heldBits -= size;
    if (code === clear) {
      [next, size, previous] = [clear + 2, bits + 1, -1];
      continue;
    }
    if (code === clear + 1)
      throw new ImageError("expected a whole GIF, received one that ends before its last pixel");
    if (previous < 0 ? code > clear : code > next)
      throw new ImageError("expected valid codes in a GIF, received one out of range");
    // A code that is only about to be made is the previous one and its own first index.
    const known = code === next && previous >= 0 ? previous : code;
    let first = 0;
    const length = lengths[known]!;
    for (let n = length - 1, from = known; n >= 0; n--, from = before[from]!) {
      first = last[from]!;
      out[written + n] = first; // past the end it is dropped
    }
    written += length;
    if (known !== code) out[written++] = first;
    if (previous >= 0 && next < mostCodes) {
      before[next] = previous;
      last[next] = first;
      lengths[next] = lengths[previous]! + 1;
      next++;
      if (next === 1 << size && size < 12) size++;
    }
    previous = code;
  }
  return out;
}
