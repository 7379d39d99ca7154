/** PNG and GIF in what Pillow resizes them as: with alpha, or as the entries of a palette. */
import { asPalette } from "./as-palette.ts";
import type { Inflate } from "./inflate.ts";
import { openGif } from "./decode-gif.ts";
import type { OpenPicture } from "./decode-picture.ts";
import { openPng, type PngForm } from "./decode-png.ts";
import { coloursOf, pixelBits, rowWriter, type PngHeader } from "./png-rows.ts";

/** Throws ImageError, also when it decodes the pixels. */
export function openPngAsStored(bytes: Uint8Array, inflate: Inflate): OpenPicture {
  const picture = openPng(bytes, inflate);
  const { colour, depth } = picture;
  return {
    ...picture,
    async decode() {
      if (colour === 0 && depth === 16) return picture.decode(grey16);
      if (colour === 4 || colour === 6) return picture.decode(withAlpha(picture));
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

/** Alpha is the last sample of each pixel; of 16 bits the upper eight. */
function withAlpha(header: PngHeader): PngForm {
  const size = pixelBits(header) >> 3;
  const alpha = 1 + size - (header.depth >> 3);
  const writeColours = rowWriter(header, coloursOf(header));
  return {
    mode: "RGBA",
    channels: 4,
    bytes: 4,
    write(row, width, out, at, step) {
      writeColours(row, width, out, at, step);
      for (let x = 0; x < width; x++) out[at + x * step + 3] = row[alpha + x * size]!;
    },
  };
}

const grey16: PngForm = {
  mode: "I;16",
  channels: 1,
  bytes: 2,
  write(row, width, out, at, step) {
    for (let x = 0; x < width; x++) {
      out[at + x * step] = row[2 + 2 * x]!;
      out[at + x * step + 1] = row[1 + 2 * x]!;
    }
  },
};
