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

/** Pixels in another form than RGB. */
export interface PngForm {
  readonly mode: "RGBA" | "I;16";
  readonly channels: 1 | 4;
  /** Bytes of a pixel; levels of 16 bits have the lower one first. */
  readonly bytes: number;
  readonly write: WriteRow;
}

/** Reads all but the pixels. Throws ImageError, also when it decodes them, to RGB or a form. */
export function openPng(
  bytes: Uint8Array,
  inflate: Inflate,
): Omit<OpenPicture, "decode"> &
  PngHeader & { readonly decode: (form?: PngForm) => Promise<RawImage> } {
  const file = readPng(bytes);
  return {
    ...file.header,
    decode: (form) => decodePng(file, inflate, form),
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
  size: number,
): Generator<RowPlace, undefined> {
  for (const [left, top, across, down] of interlaced ? adam7 : ([[0, 0, 1, 1]] as const)) {
    const columns = Math.ceil((width - left) / across);
    for (let y = top; columns > 0 && y < height; y += down)
      yield {
        columns,
        first: y === top,
        at: size * (y * width + left),
        step: size * across,
      };
  }
}

const shaped = (data: Uint8Array, form: PngForm | undefined) =>
  form
    ? {
        data: form.mode === "I;16" ? new Uint16Array(data.buffer) : data,
        channels: form.channels,
        mode: form.mode,
      }
    : ({ data, channels: 3, mode: "RGB" } as const);

/** The most that deflate makes of a byte: a header that claims more is not believed. */
const mostInflated = 1032;

/** Throws ImageError for pixels that are cut off, and what `inflate` throws for broken ones. */
async function decodePng(
  { header, palette, pixels }: PngFile,
  inflate: Inflate,
  form?: PngForm,
): Promise<RawImage> {
  const { width, height } = header;
  const bits = pixelBits(header);
  const packed = pixels.reduce((sum, { length }) => sum + length, 0);
  if (packed * mostInflated < (width * height * bits) / 8) throw cutOff();
  const size = form?.bytes ?? 3;
  const data = new Uint8Array(width * height * size);
  const write = form?.write ?? rowWriter(header, coloursOf(header, palette));
  const bytesOf = (columns: number): number => 1 + Math.ceil((columns * bits) / 8);
  let expected = 0;
  for (const { columns } of rowPlaces(header, size)) expected += bytesOf(columns);
  const places = rowPlaces(header, size);
  let place = places.next().value;
  if (!place) throw cutOff();
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
      const next = places.next().value;
      if (!next) return { ...shaped(data, form), width, height };
      place = next;
      if (place.first) row = new Uint8Array(bytesOf(place.columns));
      [row, above] = place.first ? [row, new Uint8Array(row.length)] : [above, row];
      filled = 0;
    }
  throw cutOff();
}
