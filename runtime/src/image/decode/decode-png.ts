/**
 * Decodes PNG to RGB as Pillow does: any kind, without colour management, and with the colours
 * under transparent pixels.
 */
import type { OpenPicture } from "./decode-picture.ts";
import type { Inflate } from "./inflate.ts";
import { cutOff, readPng, readPngMetadata, type PngFile } from "./png-chunks.ts";
import {
  coloursOf,
  pixelBits,
  rowWriter,
  unfilter,
  type PngHeader,
  type WriteRow,
} from "./png-rows.ts";
import type { RawImage } from "../raw-image.ts";

/**
 * Reads all but the pixels. Throws ImageError, also when it decodes them, to RGB or with what
 * `writeAlpha` makes of rows to RGBA.
 */
export function openPng(
  bytes: Uint8Array,
  inflate: Inflate,
): Omit<OpenPicture, "decode"> &
  PngHeader & { readonly decode: (writeAlpha?: WriteRow) => Promise<RawImage> } {
  const file = readPng(bytes);
  return {
    ...file.header,
    decode: (writeAlpha) => decodePng(file, inflate, writeAlpha),
    metadata: () => readPngMetadata(file.metadata, inflate),
  };
}

/** First column and row of each pass of an interlaced picture, and the steps between them. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

interface RowPlace {
  readonly columns: number;
  /** Whether the row stands alone: nothing is above the first of a pass. */
  readonly first: boolean;
  /** Byte of its first pixel, and bytes from one pixel to the next. */
  readonly at: number;
  readonly step: number;
}

function* rowPlaces(
  { width, height, interlaced }: PngHeader,
  channels: number,
): Generator<RowPlace, undefined> {
  for (const [left, top, across, down] of interlaced ? adam7 : ([[0, 0, 1, 1]] as const)) {
    const columns = Math.ceil((width - left) / across);
    for (let y = top; columns > 0 && y < height; y += down)
      yield {
        columns,
        first: y === top,
        at: channels * (y * width + left),
        step: channels * across,
      };
  }
}

/** The most that deflate makes of a byte: a header that claims more is not believed. */
const mostInflated = 1032;

/** Throws ImageError for pixels that are cut off, and what `inflate` throws for broken ones. */
async function decodePng(
  { header, palette, pixels }: PngFile,
  inflate: Inflate,
  writeAlpha?: WriteRow,
): Promise<RawImage> {
  const { width, height } = header;
  const channels = writeAlpha ? 4 : 3;
  const bits = pixelBits(header);
  const packed = pixels.reduce((sum, { length }) => sum + length, 0);
  if (packed * mostInflated < (width * height * bits) / 8) throw cutOff();
  const data = new Uint8Array(width * height * channels);
  const write = rowWriter(header, coloursOf(header, palette));
  const bytesOf = (columns: number): number => 1 + Math.ceil((columns * bits) / 8);
  let expected = 0;
  for (const { columns } of rowPlaces(header, channels)) expected += bytesOf(columns);
  const places = rowPlaces(header, channels);
  let place = places.next().value!;
  let row = new Uint8Array(bytesOf(place.columns));
  let above = new Uint8Array(row.length);
  let filled = 0;
  for await (const piece of inflate(pixels, expected))
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + row.length - filled);
      row.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < row.length) break;
      unfilter(row, above, Math.max(1, bits >> 3));
      write(row, place.columns, data, place.at, place.step);
      writeAlpha?.(row, place.columns, data, place.at, place.step);
      const next = places.next().value;
      if (!next) return { data, width, height, channels, mode: writeAlpha ? "RGBA" : "RGB" };
      place = next;
      if (place.first) row = new Uint8Array(bytesOf(place.columns));
      [row, above] = place.first ? [row, new Uint8Array(row.length)] : [above, row];
      filled = 0;
    }
  throw cutOff();
}
