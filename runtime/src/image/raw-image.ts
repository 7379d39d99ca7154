/** A decoded picture: 8-bit RGB, rows from the top, `[height, width, 3]`. */
export interface RawImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
}

/** What a picture or an option must be, and what was received. */
export class ImageError extends Error {
  override readonly name = "ImageError";
}
