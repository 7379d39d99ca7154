/**
 * Which way up a picture is, by EXIF or, where that does not say, by XMP: what Pillow's
 * ImageOps.exif_transpose follows.
 */
import type { RawImage } from "../raw-image.ts";
import { readTiffTags, type TiffTag } from "./tiff-tags.ts";

/** What a picture's file says beside its pixels. `exif` is a TIFF structure. */
export interface PictureMetadata {
  readonly exif?: Uint8Array | undefined;
  readonly xmp?: Uint8Array | undefined;
}

const orientationTag = 274;
const xmpTag = 700;

/** 1 to 8 as EXIF counts, 1 where nothing is said, or nothing that is known. */
export function orientationOf({ exif, xmp }: PictureMetadata): number {
  const tags = exif && exifTags(exif);
  const tag = tags?.get(orientationTag);
  // A tag that says nothing sensible is not made up for by XMP.
  const stated = tag
    ? tag.count === 1
      ? tag.value
      : 0
    : xmpOrientation(xmp ?? tags?.get(xmpTag)?.data);
  return stated !== undefined && stated >= 1 && stated <= 8 ? stated : 1;
}

/** Pillow's own pattern: an attribute or an element, wherever it stands. */
function xmpOrientation(xmp: Uint8Array | undefined): number | undefined {
  const text = xmp && new TextDecoder("latin1").decode(xmp);
  const [, digit] = /tiff:Orientation(?:="|>)([0-9])/.exec(text ?? "") ?? [];
  return digit === undefined ? undefined : Number(digit);
}

/** EXIF's tags; in JPEG and often in WebP its name stands in front of them. */
function exifTags(exif: Uint8Array): ReadonlyMap<number, TiffTag> {
  let begin = 0;
  while (String.fromCharCode(...exif.subarray(begin, begin + 6)) === "Exif\0\0") begin += 6;
  return readTiffTags(exif.subarray(begin));
}

/** Where the first pixel comes from, and the steps to the next one across and down. */
const walks: Readonly<Record<number, (w: number, h: number) => readonly [number, number, number]>> =
  {
    2: (w) => [w - 1, -1, w],
    3: (w, h) => [w * h - 1, -1, -w],
    4: (w, h) => [w * (h - 1), 1, -w],
    5: (w) => [0, w, 1],
    6: (w, h) => [w * (h - 1), -w, 1],
    7: (w, h) => [w * h - 1, -w, -1],
    8: (w) => [w - 1, w, -1],
  };

/** A picture of an orientation, upright. */
export function upright(image: RawImage, orientation: number): RawImage {
  const walk = walks[orientation]?.(image.width, image.height);
  if (!walk) return image;
  const [first, across, down] = walk;
  const [width, height] =
    orientation < 5 ? [image.width, image.height] : [image.height, image.width];
  const { channels } = image;
  const data = image.data.slice();
  let to = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0, from = channels * (first + y * down); x < width; x++, from += channels * across)
      for (let c = 0; c < channels; c++) data[to++] = image.data[from + c]!;
  return { ...image, data, width, height };
}
