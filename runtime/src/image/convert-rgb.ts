/** Pillow's `convert("RGB")` from every mode (src/libImaging/Convert.c). */
import { modeOf, type PictureMode, type RawImage } from "./raw-image.ts";

/** x * y / 255, rounded as Pillow's MULDIV255 does. */
function multiply255(x: number, y: number): number {
  const product = x * y + 128;
  return ((product >> 8) + product) >> 8;
}

/** The red, green and blue of the pixel at `at`. */
type Convert = (image: RawImage, at: number) => readonly [number, number, number];

const grey = (value: number): readonly [number, number, number] => [value, value, value];
const converters: Readonly<Record<PictureMode, Convert>> = {
  RGB: ({ data }, at) => [data[at]!, data[at + 1]!, data[at + 2]!],
  RGBA: ({ data }, at) => [data[at]!, data[at + 1]!, data[at + 2]!],
  L: ({ data }, at) => grey(data[at]!),
  LA: ({ data }, at) => grey(data[at]!),
  "1": ({ data }, at) => grey(data[at]! === 0 ? 0 : 255),
  // Clipped, not scaled.
  "I;16": ({ data }, at) => grey(Math.min(255, data[at]!)),
  P: ({ data, palette }, at) => [
    palette![3 * data[at]!] ?? 0,
    palette![3 * data[at]! + 1] ?? 0,
    palette![3 * data[at]! + 2] ?? 0,
  ],
  CMYK: ({ data }, at) => {
    const light = 255 - data[at + 3]!;
    const channel = (ink: number): number =>
      Math.max(0, Math.min(255, light - multiply255(ink, light)));
    return [channel(data[at]!), channel(data[at + 1]!), channel(data[at + 2]!)];
  },
};

/**
 * An RGB picture: grey replicated, palettes looked up, alpha dropped without compositing. An RGB
 * picture is itself.
 */
export function convertRgb(image: RawImage): RawImage & { readonly data: Uint8Array } {
  const mode = modeOf(image);
  const { width, height, channels } = image;
  if (mode === "RGB" && image.data instanceof Uint8Array)
    return image as RawImage & { readonly data: Uint8Array };
  const data = new Uint8Array(width * height * 3);
  const convert = converters[mode];
  for (let i = 0; i < width * height; i++) data.set(convert(image, i * channels), 3 * i);
  return { data, width, height, channels: 3, mode: "RGB" };
}
