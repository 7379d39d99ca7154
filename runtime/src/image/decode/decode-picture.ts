/** Bytes of a picture file to RGB: what Node and browsers have in common. */
import { orientationOf, upright, type PictureMetadata } from "./orientation.ts";
import { checkSize, pictureFormat, type PictureFormat } from "./picture-format.ts";
import { pixels } from "./budget.ts";
import { ImageError, type RawImage } from "../raw-image.ts";

export interface DecodeOptions {
  /**
   * Turn the picture upright as EXIF says or, without EXIF, as XMP says, like transformers'
   * load_image. Default true.
   */
  readonly exif?: boolean;
  /**
   * The most pixels that a picture may have. A larger one throws ImageError before it is decoded.
   * Default 178956970, the limit of Pillow.
   */
  readonly limitPixels?: number;
  /**
   * Convert the picture to RGB. If false, it keeps alpha, CMYK or its palette, which
   * OpenClipImageProcessor needs; that works in Node only. Default true.
   */
  readonly rgb?: boolean;
}

/** A picture file whose header has been read. */
export interface OpenPicture {
  readonly width: number;
  readonly height: number;
  /** Decodes to RGB, without turning the picture upright. */
  readonly decode: () => RawImage | Promise<RawImage>;
  readonly metadata: () => PictureMetadata | Promise<PictureMetadata>;
}

/** What differs between Node and browsers. */
export interface Decoders {
  readonly formats: readonly PictureFormat[];
  readonly open: (format: PictureFormat, bytes: Uint8Array) => OpenPicture | Promise<OpenPicture>;
}

/** Decodes a picture. Throws ImageError, whose message calls the bytes `name`. */
export async function decodePicture(
  bytes: Uint8Array,
  name: string,
  { exif = true, limitPixels = 178_956_970 }: DecodeOptions,
  decoders: Decoders,
): Promise<RawImage> {
  try {
    const format = pictureFormat(bytes, decoders.formats);
    const picture = await decoders.open(format, bytes);
    const { width, height } = picture;
    checkSize(width, height, limitPixels);
    return await pixels.run(width * height, async () => {
      const image = await picture.decode();
      return exif ? upright(image, orientationOf(await picture.metadata())) : image;
    });
  } catch (cause) {
    throw new ImageError(
      cause instanceof ImageError
        ? `${name}: ${cause.message}`
        : `${name}: expected a picture, but decoding failed ` +
            `(${cause instanceof Error ? cause.message : cause})`,
      { cause },
    );
  }
}
