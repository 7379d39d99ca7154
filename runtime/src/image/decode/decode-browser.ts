/** Decodes pictures in a page or a worker. */
import type { Blob } from "../../platform.ts";
import type { DecodeOptions } from "./decode-picture.ts";
import type { RawImage } from "../raw-image.ts";

/**
 * Decodes a Blob or File to RGB, as Pillow's `exif_transpose` and `convert("RGB")` would: no
 * colour management, the colours under transparent pixels, the first of several frames. PNG, JPEG,
 * GIF, WebP and AVIF, whichever the file's first bytes say. Throws ImageError for anything else.
 */
export async function decodeImageBlob(blob: Blob, options: DecodeOptions = {}): Promise<RawImage> {
  // Loaded with the first file: pages of videos and canvases do without.
  return (await import("./decode-blob.ts")).decodeBlob(blob, options);
}
