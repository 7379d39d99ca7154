/** Rows of a PNG: filters undone, samples to RGB (W3C PNG specification, 9 and 13). */
import { ImageError } from "../raw-image.ts";

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
}

/** Samples of a pixel by colour type: grey, RGB, palette, grey with alpha, RGB with alpha. */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const depthsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** Bits of a pixel. Throws ImageError for a depth that the colour type does not have. */
export function pixelBits({ depth, colour }: PngHeader): number {
  if (!depthsOf[colour]?.includes(depth))
    throw new ImageError(
      `expected a PNG of a known kind, received colour type ${colour} with ${depth} bits`,
    );
  return depth * channelsOf[colour]!;
}

/** Undoes the filter of a row in place; `row[0]` says which, `bpp` is the bytes of a pixel. */
export function unfilter(row: Uint8Array, above: Uint8Array, bpp: number): void {
  const end = row.length;
  switch (row[0]) {
    case 0:
      return;
    case 1:
      for (let i = 1 + bpp; i < end; i++) row[i] = row[i]! + row[i - bpp]!;
      return;
    case 2:
      for (let i = 1; i < end; i++) row[i] = row[i]! + above[i]!;
      return;
    case 3:
      for (let i = 1; i < end; i++)
        row[i] = row[i]! + (((i > bpp ? row[i - bpp]! : 0) + above[i]!) >> 1);
      return;
    case 4:
      for (let i = 1; i < end; i++) {
        const left = i > bpp ? row[i - bpp]! : 0;
        const corner = i > bpp ? above[i - bpp]! : 0;
        row[i] = row[i]! + nearest(left, above[i]!, corner);
      }
      return;
    default:
      throw new ImageError(`expected a PNG whose rows have filters 0 to 4, received ${row[0]}`);
  }
}

/** Paeth's choice. */
function nearest(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
}

/**
 * Writes `width` pixels of an unfiltered row to `out` from byte `at`, `step` bytes apart. Alpha is
 * dropped; of 16 bits Pillow takes the upper eight, but clips grey without alpha.
 */
export type WriteRow = (
  row: Uint8Array,
  width: number,
  out: Uint8Array,
  at: number,
  step: number,
) => void;

/** `palette` has 256 colours, or greys. */
export function rowWriter(header: PngHeader, palette: Uint8Array): WriteRow {
  const { depth, colour } = header;
  const [size, sample] = [pixelBits(header) >> 3, depth >> 3];
  if (colour === 2 || colour === 6)
    return (row, width, out, at, step) => {
      for (let x = 0, from = 1; x < width; x++, from += size, at += step) {
        out[at] = row[from]!;
        out[at + 1] = row[from + sample]!;
        out[at + 2] = row[from + 2 * sample]!;
      }
    };
  const clips = colour === 0 && depth === 16;
  const mask = (1 << depth) - 1;
  const level = (row: Uint8Array, x: number): number => {
    if (depth < 8) return (row[1 + ((x * depth) >> 3)]! >> (8 - depth - ((x * depth) & 7))) & mask;
    const from = 1 + x * size;
    return !clips ? row[from]! : row[from] === 0 ? row[from + 1]! : 255;
  };
  return (row, width, out, at, step) => {
    for (let x = 0; x < width; x++, at += step) {
      const entry = 3 * level(row, x);
      out[at] = palette[entry]!;
      out[at + 1] = palette[entry + 1]!;
      out[at + 2] = palette[entry + 2]!;
    }
  };
}

/**
 * `[256, 3]`: what levels of grey or entries of a palette are. Greys of 1, 2 and 4 bits are spread
 * over 0 to 255; entries that a palette lacks are black.
 */
export function coloursOf({ depth, colour }: PngHeader, palette?: Uint8Array): Uint8Array {
  const colours = new Uint8Array(768);
  if (colour === 3) colours.set(palette?.subarray(0, 768) ?? []);
  else {
    const spread = depth < 8 ? 255 / ((1 << depth) - 1) : 1;
    colours.forEach((_, i) => (colours[i] = Math.floor(i / 3) * spread));
  }
  return colours;
}
