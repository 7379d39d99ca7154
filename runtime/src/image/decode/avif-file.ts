/** Reads what an AVIF file says about its picture (ISO/IEC 23008-12). */
import { ImageError } from "../raw-image.ts";

/** Its properties stand in front of its pixels. */
const searched = 1 << 16;

/**
 * The size of its largest picture, by its ImageSpatialExtentsProperty (6.5.3): parts of a picture
 * are smaller. Throws ImageError.
 */
export function readAvifSize(bytes: Uint8Array): {
  readonly width: number;
  readonly height: number;
} {
  const head = new DataView(bytes.buffer, bytes.byteOffset, Math.min(searched, bytes.length));
  let [width, height] = [0, 0];
  for (let at = 4; at + 16 <= head.byteLength; at++) {
    if (head.getUint32(at) !== 0x69737065 || head.getUint32(at - 4) !== 20) continue; // "ispe"
    const [w, h] = [head.getUint32(at + 8), head.getUint32(at + 12)];
    if (w * h > width * height) [width, height] = [w, h];
  }
  if (width === 0)
    throw new ImageError("expected an AVIF that states its size, received one that is cut off");
  return { width, height };
}

/**
 * A sequence as the still picture that it is too: its first frame. libheif refuses sequences, and
 * Chromium's pixels of one are off by up to 19 levels.
 */
export function asStill(bytes: Uint8Array): Uint8Array {
  if (String.fromCharCode(...bytes.subarray(8, 12)) !== "avis") return bytes;
  const still = bytes.slice();
  still[11] = "f".charCodeAt(0);
  return still;
}
