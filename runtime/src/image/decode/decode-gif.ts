/**
 * Decodes the first frame of a GIF to RGB as Pillow does: transparent pixels have the colour that
 * the palette gives them, and what the frame leaves free has that of the transparent index, or of
 * index 0.
 */
import type { OpenPicture } from "./decode-picture.ts";
import { unpackLzw } from "./lzw.ts";
import { checkSize } from "./picture-format.ts";
import { ImageError, type RawImage } from "../raw-image.ts";

interface GifFile {
  readonly width: number;
  readonly height: number;
  readonly frame: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
    readonly interlaced: boolean;
    /** `[n, 3]`. */
    readonly palette: Uint8Array;
    readonly transparent?: number | undefined;
    /** Where its pixels begin: the size of the codes, then sub-blocks. */
    readonly at: number;
  };
  readonly bytes: Uint8Array;
}

const cutOff = (): ImageError =>
  new ImageError("expected a whole GIF, received one that is cut off");

function readGif(bytes: Uint8Array): GifFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const short = (at: number): number => {
    if (at + 2 > bytes.length) throw cutOff();
    return view.getUint16(at, true);
  };
  /** The colours that the flags of a screen or of a frame announce. */
  const paletteAt = (at: number, flags: number): Uint8Array | undefined =>
    flags & 0x80 ? bytes.subarray(at, at + (6 << (flags & 7))) : undefined;
  const screenFlags = bytes[10] ?? 0;
  const screenPalette = paletteAt(13, screenFlags);
  let transparent: number | undefined;
  let at = 13 + (screenPalette?.length ?? 0);
  for (; at < bytes.length; at++) {
    if (bytes[at] === 0x3b) break;
    if (bytes[at] === 0x21) {
      const label = bytes[at + 1];
      at += 2;
      if (label === 0xf9 && bytes[at]! >= 4 && bytes[at + 1]! & 1) transparent = bytes[at + 4];
      while (bytes[at]) at += 1 + bytes[at]!;
      continue;
    }
    if (bytes[at] !== 0x2c) continue;
    const [left, top, width, height] = [1, 3, 5, 7].map((field) => short(at + field)) as [
      number,
      number,
      number,
      number,
    ];
    const flags = bytes[at + 9] ?? 0;
    const own = paletteAt(at + 10, flags);
    return {
      // A frame that stands over widens the picture.
      width: Math.max(short(6), left + width),
      height: Math.max(short(8), top + height),
      frame: {
        left,
        top,
        width,
        height,
        interlaced: (flags & 0x40) !== 0,
        palette: own ?? screenPalette ?? new Uint8Array(0),
        transparent,
        at: at + 10 + (own?.length ?? 0),
      },
      bytes,
    };
  }
  throw cutOff();
}

/** Reads up to the pixels of the first frame. Throws ImageError, also when it decodes them. */
export function openGif(
  bytes: Uint8Array,
): Omit<OpenPicture, "decode"> & Pick<GifFile, "frame"> & { readonly decode: () => RawImage } {
  const file = readGif(bytes);
  return { ...file, decode: () => decodeGif(file), metadata: () => ({}) };
}

/** First row of each pass of an interlaced frame, and the step to the next. */
const interlacing = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
] as const;

function decodeGif({ width, height, frame, bytes }: GifFile): RawImage {
  checkSize(frame.width, frame.height, Infinity);
  const indices = unpackLzw(bytes, frame.at + 1, bytes[frame.at] ?? 0, frame.width * frame.height);
  // Without a palette, or with one of greys, indices are levels; entries that others lack are
  // black.
  const grey = (_: number, i: number): number => Math.floor(i / 3);
  const coloured = frame.palette.some((value, i) => value !== grey(value, i));
  const colours = new Uint8Array(768);
  if (coloured) colours.set(frame.palette);
  else colours.forEach((value, i) => (colours[i] = grey(value, i)));
  const data = new Uint8Array(width * height * 3);
  if (frame.width < width || frame.height < height) {
    const free = 3 * (frame.transparent ?? 0);
    const colour = colours.subarray(free, free + 3);
    // Doubled until it is full; black is there already.
    if (colour.some((value) => value > 0)) {
      data.set(colour);
      for (let n = 3; n < data.length; n *= 2) data.copyWithin(n, 0, n);
    }
  }
  let from = 0;
  for (const [first, step] of frame.interlaced ? interlacing : ([[0, 1]] as const))
    for (let y = first; y < frame.height; y += step) {
      let to = 3 * ((frame.top + y) * width + frame.left);
      for (let x = 0; x < frame.width; x++) {
        const entry = 3 * indices[from++]!;
        data[to++] = colours[entry]!;
        data[to++] = colours[entry + 1]!;
        data[to++] = colours[entry + 2]!;
      }
    }
  return { data, width, height, channels: 3, mode: "RGB" };
}
