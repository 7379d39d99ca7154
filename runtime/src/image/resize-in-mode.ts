/**
 * Pillow's `resize` of a picture in the mode that it has (Image.py and libImaging/Convert.c, 12.3).
 */
import { multiply255 } from "./convert-rgb.ts";
import { modeOf, type RawImage } from "./raw-image.ts";
import type { Resample } from "./resample-windows.ts";
import { resize } from "./resize.ts";
import { resize16 } from "./resize-16.ts";

/**
 * A picture of another size, in its own mode: colours are weighted by their alpha, and palettes and
 * pictures of one bit are resized by "nearest".
 */
export function resizeInMode(
  image: RawImage,
  [height, width]: readonly [height: number, width: number],
  resample: Resample,
): RawImage {
  const mode = modeOf(image);
  if (height === image.height && width === image.width) return image;
  if (image.data instanceof Uint16Array)
    return {
      ...image,
      height,
      width,
      data: resize16(image.data, image, [height, width], resample),
    };
  const bytes = new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.length);
  const { channels } = image;
  const filter = mode === "P" || mode === "1" ? "nearest" : resample;
  const weighted = filter !== "nearest" && (mode === "RGBA" || mode === "LA");
  const from = weighted ? weight(bytes, channels) : bytes;
  const to = resize(from, [image.height, image.width, channels], [height, width], filter);
  return { ...image, height, width, data: weighted ? unweight(to, channels) : to };
}

/** Colours times their alpha. */
function weight(data: Uint8Array, channels: number): Uint8Array {
  const out = Uint8Array.from(data);
  for (let at = 0; at < out.length; at += channels) {
    const alpha = data[at + channels - 1]!;
    for (let c = at; c < at + channels - 1; c++) out[c] = multiply255(data[c]!, alpha);
  }
  return out;
}

/** The way back; colours that nothing or all is left of stay. */
function unweight(data: Uint8Array, channels: number): Uint8Array {
  const out = Uint8Array.from(data);
  for (let at = 0; at < out.length; at += channels) {
    const alpha = data[at + channels - 1]!;
    if (alpha === 0 || alpha === 255) continue;
    for (let c = at; c < at + channels - 1; c++)
      out[c] = Math.min(255, Math.floor((255 * data[c]!) / alpha));
  }
  return out;
}
