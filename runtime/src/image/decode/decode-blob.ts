/** Pictures of a page or a worker: JPEG, and what others need when there is one. */
import { decodePicture, type Decoders, type DecodeOptions } from "./decode-picture.ts";
import { drawn } from "./draw-in-browser.ts";
import { hideJpegMetadata, readJpegHeader } from "./jpeg-segments.ts";
import { ImageError, type RawImage } from "../raw-image.ts";

const decoders: Decoders = {
  formats: ["PNG", "JPEG", "GIF", "WebP", "AVIF"],
  async open(format, bytes) {
    // The rest is loaded when there is such a picture: pages of photographs do without.
    if (format !== "JPEG") return (await import("./open-in-browser.ts")).open(format, bytes);
    const header = readJpegHeader(bytes);
    return {
      ...header,
      decode: () => {
        hideJpegMetadata(bytes);
        return drawn(bytes, format, "none");
      },
      metadata: () => header,
    };
  },
};

/** See decodeImageBlob. */
export async function decodeBlob(blob: Blob, options: DecodeOptions): Promise<RawImage> {
  const name = `${blob.size} bytes of ${blob.type || "unknown type"}`;
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    throw new ImageError(`${name}: expected a file that can be read (${cause})`, { cause });
  }
  return decodePicture(bytes, name, options, decoders);
}
