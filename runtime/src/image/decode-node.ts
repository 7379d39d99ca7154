/** Decodes picture files in Node through sharp, an optional peer dependency. */
import { ImageError, type RawImage } from "./raw-image.ts";

export interface DecodeOptions {
  /** Apply the EXIF orientation, as transformers' load_image does. Default true. */
  readonly exif?: boolean;
  /** Largest number of pixels; more is an ImageError before anything is decoded. Default 178956970, Pillow's limit. */
  readonly limitPixels?: number;
}

/** Decodes a file or its bytes to RGB: grey replicated, alpha dropped without compositing. Throws ImageError for what is no picture. */
export async function decodeImage(input: string | Uint8Array, { exif = true, limitPixels = 178_956_970 }: DecodeOptions = {}): Promise<RawImage> {
  const { default: sharp } = await import("sharp");
  try {
    const picture = sharp(input, { limitInputPixels: limitPixels, failOn: "error" });
    const { data, info } = await (exif ? picture.rotate() : picture).removeAlpha().toColourspace("srgb").raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new ImageError(`expected three channels after decoding, received ${info.channels}`);
    return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), width: info.width, height: info.height, channels: 3 };
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw new ImageError(`${typeof input === "string" ? input : `${input.length} bytes`}: expected a picture, received what does not decode (${error instanceof Error ? error.message : error})`, { cause: error });
  }
}
