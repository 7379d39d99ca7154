/** The chunks of a WebP file (RFC 9649). */
import type { PictureMetadata } from "./orientation.ts";
import { ImageError } from "../raw-image.ts";

export interface WebpHeader extends PictureMetadata {
  readonly width: number;
  readonly height: number;
  readonly alpha: boolean;
}

/** Throws ImageError for a file that states no size. */
export function readWebpHeader(bytes: Uint8Array): WebpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let size: Pick<WebpHeader, "width" | "height" | "alpha"> | undefined;
  let [exif, xmp]: (Uint8Array | undefined)[] = [];
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    const body = bytes.subarray(at + 8, at + 8 + length);
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    if (name === "EXIF") exif ??= body;
    else if (name === "XMP ") xmp ??= body;
    else size ??= sizeIn(name, body);
    at += 8 + length + (length & 1);
  }
  if (!size)
    throw new ImageError("expected a WebP that states its size, received one that is cut off");
  return { ...size, exif, xmp };
}

function sizeIn(
  name: string,
  body: Uint8Array,
): Pick<WebpHeader, "width" | "height" | "alpha"> | undefined {
  if (body.length < 10) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (name === "VP8X")
    return {
      width: 1 + (view.getUint32(4, true) & 0xffffff),
      height: 1 + (view.getUint32(6, true) >>> 8),
      alpha: (body[0]! & 0x10) !== 0,
    };
  if (name === "VP8 ")
    return {
      width: view.getUint16(6, true) & 0x3fff,
      height: view.getUint16(8, true) & 0x3fff,
      alpha: false,
    };
  if (name !== "VP8L") return undefined;
  const bits = view.getUint32(1, true);
  return {
    width: 1 + (bits & 0x3fff),
    height: 1 + ((bits >>> 14) & 0x3fff),
    alpha: (bits & 0x10000000) !== 0,
  };
}
