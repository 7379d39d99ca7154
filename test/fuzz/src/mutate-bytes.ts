/** Changes a file without knowing its format. */
import type { Random } from "./random.ts";

const borders = [0, 1, 0x7f, 0x80, 0xff];

/** A file near `bytes`; `others` lend stretches. */
export function mutateBytes(
  random: Random,
  bytes: Uint8Array,
  others: readonly Uint8Array[],
): Uint8Array {
  let result = Uint8Array.from(bytes);
  for (let left = random.pick([1, 1, 2, 4, 16]); left > 0; left--)
    result = change(random, result, others);
  return result;
}

function change(
  random: Random,
  bytes: Uint8Array<ArrayBuffer>,
  others: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  // Headers decide most: half of all changes fall into the first bytes.
  const last = Math.max(0, bytes.length - 1);
  const at = random.integer(0, random.chance(0.5) ? Math.min(last, 64) : last);
  const length = Math.min(bytes.length - at, random.pick([1, 2, 4, 8, 64, 1000]));
  const joined = (...parts: Uint8Array[]): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(Buffer.concat(parts));
  switch (random.integer(0, 6)) {
    case 0:
      if (bytes.length > 0) bytes[at] = bytes[at]! ^ (1 << random.integer(0, 7));
      return bytes;
    case 1:
      if (bytes.length > 0) bytes[at] = random.pick(borders);
      return bytes;
    case 2:
      bytes.fill(random.pick(borders), at, at + length);
      return bytes;
    case 3:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 4:
      return joined(bytes.subarray(0, at + length), bytes.subarray(at));
    case 5:
      return random.chance(0.3)
        ? bytes.slice(0, at)
        : bytes.fill(random.integer(0, 255), at, at + 1);
    default: {
      const other = random.pick(others) ?? bytes;
      const from = random.integer(0, Math.max(0, other.length - 1));
      return joined(bytes.subarray(0, at), other.subarray(from, from + length), bytes.subarray(at));
    }
  }
}
