/** Formats other than JPEG in browsers: PNG and GIF by Sigil, WebP and AVIF by the browser. */
import { asStill, readAvifSize } from "./avif-file.ts";
import { openGif } from "./decode-gif.ts";
import type { OpenPicture } from "./decode-picture.ts";
import { openPng } from "./decode-png.ts";
import { drawn } from "./draw-in-browser.ts";
import { decodeFrame } from "./frame-in-browser.ts";
import { inflate } from "./inflate.ts";
import type { PictureFormat } from "./picture-format.ts";
import { readWebpHeader } from "./webp-chunks.ts";

/** Throws ImageError for a file without a sensible header. */
export function open(format: PictureFormat, bytes: Uint8Array): OpenPicture {
  if (format === "PNG") return openPng(bytes, inflate);
  if (format === "GIF") return openGif(bytes);
  if (format === "WebP") {
    const header = readWebpHeader(bytes);
    return {
      ...header,
      decode: async () =>
        (header.alpha ? await decodeFrame(bytes, format) : undefined) ??
        drawn(bytes, format, "none"),
      metadata: () => header,
    };
  }
  const still = asStill(bytes);
  return {
    ...readAvifSize(still),
    // Turned by the file's own properties, as Pillow has it.
    decode: async () => (await decodeFrame(still, format)) ?? drawn(still, format, "from-image"),
    metadata: () => ({}),
  };
}
