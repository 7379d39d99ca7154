/** Decoded pictures, in the modes that Pillow names. */
import { SigilError } from "@sigil/spec/shared";

/**
 * `L`: grey. `LA`, `RGBA`: with alpha. `P`: indices into a palette. `1`: 0 or 255. `I;16`: 16-bit
 * grey.
 */
export type PictureMode = "RGB" | "L" | "LA" | "RGBA" | "CMYK" | "P" | "1" | "I;16";

/** A decoded picture, rows from the top, `[height, width, channels]`. */
export interface RawImage {
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
  /** Default: by the number of channels, L, LA, RGB or RGBA. */
  readonly mode?: PictureMode;
  /** `[colours, 3]`, for `P`. */
  readonly palette?: Uint8Array;
}

/**
 * A picture as numbers without a mode, like a numpy array or a tensor: `[height, width, channels]`
 * or `[channels, height, width]`, with one or three channels.
 */
export interface ImageArray {
  readonly data: Uint8Array | Uint8ClampedArray | Float32Array;
  readonly shape: readonly number[];
}

/** Thrown for an invalid picture or option. The message says what was expected and received. */
export class ImageError extends SigilError {
  override readonly name = "ImageError";
  readonly code = "image";
}

const channelsOf: Readonly<Record<PictureMode, number>> = {
  RGB: 3,
  L: 1,
  LA: 2,
  RGBA: 4,
  CMYK: 4,
  P: 1,
  "1": 1,
  "I;16": 1,
};

/**
 * The mode of a picture. Throws ImageError if it does not fit the data, the size or the channels.
 */
export function modeOf({ data, width, height, channels, mode, palette }: RawImage): PictureMode {
  const found = mode ?? ([undefined, "L", "LA", "RGB", "RGBA"] as const)[channels];
  if (!found || !(found in channelsOf))
    throw new ImageError(
      `expected one to four channels of a known mode, received ${channels} of ${mode}`,
    );
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
    throw new ImageError(
      `expected a width and a height of at least 1, received ${width}x${height}`,
    );
  if (channels !== channelsOf[found])
    throw new ImageError(
      `expected ${channelsOf[found]} channels in mode ${found}, received ${channels}`,
    );
  if (data.length !== width * height * channels)
    throw new ImageError(`expected ${width}x${height}x${channels} values, received ${data.length}`);
  const fits =
    found === "I;16"
      ? data instanceof Uint16Array
      : data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  if (!fits)
    throw new ImageError(
      `expected ${found === "I;16" ? "16-bit" : "8-bit"} values in mode ${found}`,
    );
  if (found === "P") paletteOf({ palette });
  return found;
}

/** The palette of a picture in mode P. Throws ImageError if there is none. */
export function paletteOf({ palette }: { readonly palette?: Uint8Array | undefined }): Uint8Array {
  if (palette instanceof Uint8Array) return palette;
  throw new ImageError("expected the bytes of a palette in mode P, received none");
}
