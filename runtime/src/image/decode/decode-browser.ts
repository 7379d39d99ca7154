/** Decodes pictures in a page or a worker. */
import type { Blob } from "../../platform.ts";
import type { DecodeOptions } from "./decode-picture.ts";
import type { RawImage } from "../raw-image.ts";

/**
 * Decodes a Blob or File to RGB, as Pillow's `exif_transpose` and `convert("RGB")` would: without
 * colour management, with the colours under transparent pixels, and the first of several frames.
 * The first bytes of the file tell its format: PNG, JPEG, GIF, WebP or AVIF. Throws ImageError for
 * anything else.
 */
export async function decodeImageBlob(blob: Blob, options: DecodeOptions = {}): Promise<RawImage> {
  // Loaded with the first file: pages of videos and canvases do without.
  return (await import("./decode-blob.ts")).decodeBlob(blob, options);
}
