/** Decodes pictures in a page or a worker, without colour management or premultiplied alpha. */
import { ImageError, type RawImage } from "./raw-image.ts";

export interface BrowserDecodeOptions {
  /** Apply the EXIF orientation. Default true. */
  readonly exif?: boolean;
  /** Largest number of pixels. Default 178956970, Pillow's limit. */
  readonly limitPixels?: number;
}

/**
 * Decodes a Blob or File to RGBA through createImageBitmap; the processor drops the alpha. Throws
 * ImageError for what is no picture.
 */
export async function decodeImageBlob(
  blob: Blob,
  { exif = true, limitPixels = 178_956_970 }: BrowserDecodeOptions = {},
): Promise<RawImage> {
  const bitmap = await createImageBitmap(blob, {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
    imageOrientation: exif ? "from-image" : "none",
  }).catch((cause: unknown) => {
    throw new ImageError(
      `expected a picture, received ${blob.size} bytes of ${blob.type || "unknown type"} that do not decode`,
      { cause },
    );
  });
  try {
    const { width, height } = bitmap;
    if (width * height > limitPixels)
      throw new ImageError(`expected at most ${limitPixels} pixels, received ${width}x${height}`);
    const context = new OffscreenCanvas(width, height).getContext("2d", {
      willReadFrequently: true,
    });
    if (!context) throw new ImageError("this browser gives no 2D canvas to read pixels from");
    context.drawImage(bitmap, 0, 0);
    return {
      data: context.getImageData(0, 0, width, height).data,
      width,
      height,
      channels: 4,
      mode: "RGBA",
    };
  } finally {
    bitmap.close();
  }
}
