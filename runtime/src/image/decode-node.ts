/** Decodes picture files in Node through sharp, an optional peer dependency. */
import { convertRgb } from "./convert-rgb.ts";
import { ImageError, type RawImage } from "./raw-image.ts";

export interface DecodeOptions {
  /** Apply the EXIF orientation, as transformers' load_image does. Default true. */
  readonly exif?: boolean;
  /**
   * Largest number of pixels; more is an ImageError before anything is decoded. Default 178956970,
   * Pillow's limit.
   */
  readonly limitPixels?: number;
}

/**
 * Decodes a file or its bytes to RGB as Pillow's `convert("RGB")` would. Throws ImageError for what
 * is no picture.
 */
export async function decodeImage(
  input: string | Uint8Array,
  { exif = true, limitPixels = 178_956_970 }: DecodeOptions = {},
): Promise<RawImage> {
  const { default: sharp } = await import("sharp");
  try {
    const picture = sharp(input, { limitInputPixels: limitPixels, failOn: "error" });
    const { space, depth, hasAlpha } = await picture.metadata();
    const upright = exif ? picture.rotate() : picture;
    const read = (pipeline: typeof picture, as: "uchar" | "ushort") =>
      pipeline.raw({ depth: as }).toBuffer({ resolveWithObject: true });
    if (space === "cmyk") {
      // libvips would convert through an ICC profile; Pillow converts the inks themselves, which
      // libvips leaves inverted or not as the file has them.
      const { data, info } = await read(
        upright.pipelineColourspace("cmyk").toColourspace("cmyk"),
        "uchar",
      );
      return convertRgb({
        data: bytes(data),
        width: info.width,
        height: info.height,
        channels: 4,
        mode: "CMYK",
      });
    }
    if (depth === "ushort" && space === "grey16" && !hasAlpha) {
      const { data, info } = await read(upright.toColourspace("grey16"), "ushort");
      return convertRgb({
        data: new Uint16Array(data.buffer, data.byteOffset, data.length / 2),
        width: info.width,
        height: info.height,
        channels: 1,
        mode: "I;16",
      });
    }
    const { data, info } = await read(upright.removeAlpha().toColourspace("srgb"), "uchar");
    if (info.channels !== 3)
      throw new ImageError(`expected three channels after decoding, received ${info.channels}`);
    return { data: bytes(data), width: info.width, height: info.height, channels: 3, mode: "RGB" };
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw new ImageError(
      `${typeof input === "string" ? input : `${input.length} bytes`}: expected a picture, received what does not decode (${error instanceof Error ? error.message : error})`,
      { cause: error },
    );
  }
}

const bytes = (data: Buffer): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.length);
