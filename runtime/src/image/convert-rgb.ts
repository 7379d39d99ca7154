/** Pillow's `convert("RGB")` from every mode (src/libImaging/Convert.c). */
import { modeOf, paletteOf, type PictureMode, type RawImage } from "./raw-image.ts";

/** x * y / 255, rounded as Pillow's MULDIV255 does. */
export function multiply255(x: number, y: number): number {
  const product = x * y + 128;
  return ((product >> 8) + product) >> 8;
}

/** Writes the red, green and blue of the pixel at `at` to `out` from `to`. */
type Convert = (image: RawImage, at: number, out: Uint8Array, to: number) => void;

const colours: Convert = ({ data }, at, out, to) => {
  out[to] = data[at]!;
  out[to + 1] = data[at + 1]!;
  out[to + 2] = data[at + 2]!;
};
const grey: Convert = ({ data }, at, out, to) => {
  out[to] = out[to + 1] = out[to + 2] = data[at]!;
};
const converters: Readonly<Record<PictureMode, Convert>> = {
  RGB: colours,
  RGBA: colours,
  L: grey,
  LA: grey,
  "1": ({ data }, at, out, to) => {
    out[to] = out[to + 1] = out[to + 2] = data[at]! === 0 ? 0 : 255;
  },
  // Clipped, not scaled.
  "I;16": ({ data }, at, out, to) => {
    out[to] = out[to + 1] = out[to + 2] = Math.min(255, data[at]!);
  },
  // Entries that the palette lacks are black.
  P: (image, at, out, to) => {
    const palette = paletteOf(image);
    for (let c = 0; c < 3; c++) out[to + c] = palette[3 * image.data[at]! + c] ?? 0;
  },
  CMYK: ({ data }, at, out, to) => {
    const light = 255 - data[at + 3]!;
    for (let c = 0; c < 3; c++)
      out[to + c] = Math.max(0, Math.min(255, light - multiply255(data[at + c]!, light)));
  },
};

/**
 * Converts a picture to RGB: grey is replicated, palettes are looked up, and alpha is dropped
 * without compositing. An RGB picture is returned as it is.
 */
export function convertRgb(image: RawImage): RawImage & { readonly data: Uint8Array } {
  const mode = modeOf(image);
  const { width, height, channels } = image;
  if (mode === "RGB" && image.data instanceof Uint8Array)
    return image as RawImage & { readonly data: Uint8Array };
  const data = new Uint8Array(width * height * 3);
  const convert = converters[mode];
  for (let i = 0; i < width * height; i++) convert(image, i * channels, data, 3 * i);
  return { data, width, height, channels: 3, mode: "RGB" };
}
