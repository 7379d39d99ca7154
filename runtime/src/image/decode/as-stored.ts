/** PNG and GIF in what Pillow resizes them as: with alpha, or as the entries of a palette. */
import { asPalette } from "./as-palette.ts";
import type { Inflate } from "./inflate.ts";
import { openGif } from "./decode-gif.ts";
import type { OpenPicture } from "./decode-picture.ts";
import { openPng } from "./decode-png.ts";
import { pixelBits, type PngHeader, type WriteRow } from "./png-rows.ts";
import { ImageError } from "../raw-image.ts";

/** Throws ImageError, also when it decodes the pixels, then also for grey of 16 bits. */
export function openPngAsStored(bytes: Uint8Array, inflate: Inflate): OpenPicture {
  const picture = openPng(bytes, inflate);
  const { colour, depth } = picture;
  return {
    ...picture,
    async decode() {
      if (colour === 0 && depth === 16)
        throw new ImageError("expected a PNG of 8 bits, received 16-bit grey; convert it first");
      if (colour === 4 || colour === 6) return picture.decode(alphaWriter(picture));
      const image = await picture.decode();
      return colour === 3 || depth === 1 ? asPalette(image) : image;
    },
  };
}

/** As {@link openPngAsStored}. */
export function openGifAsStored(bytes: Uint8Array): OpenPicture {
  const picture = openGif(bytes);
  const { palette } = picture.frame;
  // Pillow takes a palette of greys, each its own level, for no palette.
  const coloured = palette.some((value, i) => value !== Math.floor(i / 3));
  return {
    ...picture,
    decode: () => (coloured ? asPalette(picture.decode()) : picture.decode()),
  };
}

/** The last sample of each pixel; of 16 bits the upper eight. */
function alphaWriter(header: PngHeader): WriteRow {
  const size = pixelBits(header) >> 3;
  const alpha = 1 + size - (header.depth >> 3);
  return (row, width, out, at, step) => {
    for (let x = 0; x < width; x++) out[at + x * step + 3] = row[alpha + x * size]!;
  };
}
