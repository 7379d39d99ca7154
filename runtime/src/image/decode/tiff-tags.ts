/** The first directory of a TIFF structure, which EXIF is too (TIFF 6.0, section 2; BigTIFF). */

export interface TiffTag {
  readonly count: number;
  /** The first whole number, where the tag holds such. */
  readonly value?: number | undefined;
  /** All that it holds; undefined where that lies outside of the file. */
  readonly data?: Uint8Array | undefined;
}

/** Bytes of a value of each type. */
const sizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
const short = 3;
const long = 4;

/** By number; what is broken or cut off is left out. */
export function readTiffTags(bytes: Uint8Array): ReadonlyMap<number, TiffTag> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tags = new Map<number, TiffTag>();
  if (view.byteLength < 16) return tags;
  const little = view.getUint16(0) === 0x4949;
  const big = view.getUint16(2, little) === 43;
  const word = (at: number): number =>
    big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little);
  const [countSize, entrySize, valueAt, inside] = big ? [8, 20, 12, 8] : [2, 12, 8, 4];
  const directory = word(big ? 8 : 4);
  if (directory + countSize > view.byteLength) return tags;
  const entries = big ? word(directory) : view.getUint16(directory, little);
  for (let n = 0; n < entries; n++) {
    const at = directory + countSize + n * entrySize;
    if (at + entrySize > view.byteLength) break;
    const [tag, type, count] = [
      view.getUint16(at, little),
      view.getUint16(at + 2, little),
      word(at + 4),
    ];
    const length = count * (sizes[type] ?? 0);
    const from = length <= inside ? at + valueAt : word(at + valueAt);
    const held = from + length <= view.byteLength;
    tags.set(tag, {
      count,
      value:
        count === 0 || !held
          ? undefined
          : type === short
            ? view.getUint16(from, little)
            : type === long
              ? view.getUint32(from, little)
              : undefined,
      data: held ? bytes.subarray(from, from + length) : undefined,
    });
  }
  return tags;
}
