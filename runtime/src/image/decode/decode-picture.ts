/** Bytes of a picture file to RGB: what Node and browsers have in common. */
import { orientationOf, upright, type PictureMetadata } from "./orientation.ts";
import { checkSize, pictureFormat, type PictureFormat } from "./picture-format.ts";
import { pixels } from "./budget.ts";
import { ImageError, type RawImage } from "../raw-image.ts";

export interface DecodeOptions {
  /**
   * Turn the picture upright as EXIF says, or XMP where EXIF does not say, as transformers'
   * load_image does. Default true.
   */
  readonly exif?: boolean;
  /**
   * Largest number of pixels; more is an ImageError before anything is decoded. Default 178956970,
   * Pillow's limit.
   */
  readonly limitPixels?: number;
  /**
   * Whether the picture becomes RGB, true by default, or keeps alpha, inks and the few colours of a
   * palette, as open_clip's pictures are resized. Node alone.
   */
  readonly rgb?: boolean;
}

/** A file whose header is read. */
export interface OpenPicture {
  readonly width: number;
  readonly height: number;
  /** To RGB, not turned. */
  readonly decode: () => RawImage | Promise<RawImage>;
  readonly metadata: () => PictureMetadata | Promise<PictureMetadata>;
}

/** What differs between Node and browsers. */
export interface Decoders {
  readonly formats: readonly PictureFormat[];
  readonly open: (format: PictureFormat, bytes: Uint8Array) => OpenPicture | Promise<OpenPicture>;
}

/** Throws ImageError, in whose message `name` stands for the bytes. */
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
        : `${name}: expected a picture, received what does not decode ` +
            `(${cause instanceof Error ? cause.message : cause})`,
      { cause },
    );
  }
}
