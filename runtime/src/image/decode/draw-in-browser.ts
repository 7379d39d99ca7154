/** Pictures through the browser's decoders and a canvas. */
import { ImageError, type RawImage } from "../raw-image.ts";
import type { PictureFormat } from "./picture-format.ts";

export const mediaType = (format: PictureFormat): string => `image/${format.toLowerCase()}`;

/**
 * To RGB. A canvas premultiplies, so colours under transparent pixels are lost: `decodeFrame` keeps
 * them.
 */
export async function drawn(
  bytes: Uint8Array,
  format: PictureFormat,
  imageOrientation: ImageOrientation,
): Promise<RawImage> {
  const blob = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: mediaType(format) });
  const bitmap = await createImageBitmap(blob, {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
    imageOrientation,
  });
  try {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext("2d", {
      willReadFrequently: true,
    });
    if (!context) throw new ImageError("this browser gives no 2D canvas to read pixels from");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return toRgb(data, 4 * width, width, height, 0, 2);
  } finally {
    bitmap.close();
  }
}

/** Four bytes a pixel to three, rows `stride` bytes apart. */
export function toRgb(
  pixels: Uint8Array | Uint8ClampedArray,
  stride: number,
  width: number,
  height: number,
  red: number,
  blue: number,
): RawImage {
  const data = new Uint8Array(width * height * 3);
  let to = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0, from = y * stride; x < width; x++, from += 4) {
      data[to++] = pixels[from + red]!;
      data[to++] = pixels[from + 1]!;
      data[to++] = pixels[from + blue]!;
    }
  return { data, width, height, channels: 3, mode: "RGB" };
}
