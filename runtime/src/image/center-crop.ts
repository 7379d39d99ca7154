/** The middle of a picture, as transformers' center_crop cuts it. */
import type { FixedSize } from "./image-size.ts";
import type { Pixels } from "./pixels.ts";
import type { ResizeArithmetic } from "./resample-windows.ts";

/**
 * Where the first sample of the middle `to` of `from` is: negative where the picture is smaller and
 * zeros surround it. What cannot be halved goes to the end, and of a smaller picture to its front
 * with NumPy (image_transforms.py), to its end with torchvision (image_processing_backends.py).
 */
export function cropOffset(from: number, to: number, arithmetic: ResizeArithmetic): number {
  const half = (from - to) / 2;
  return arithmetic === "pillow" ? Math.floor(half) : Math.trunc(half);
}

/** The middle `height` x `width`; what lies outside the picture is zero. */
export function centerCrop(
  pixels: Pixels,
  { height, width }: FixedSize,
  arithmetic: ResizeArithmetic,
): Pixels {
  const { channels } = pixels;
  if (height === pixels.height && width === pixels.width) return pixels;
  const top = cropOffset(pixels.height, height, arithmetic);
  const left = cropOffset(pixels.width, width, arithmetic);
  const length = height * width * channels;
  const data =
    pixels.data instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length);
  const [begin, end] = [Math.max(0, left), Math.min(pixels.width, left + width)];
  for (let y = Math.max(0, top); y < Math.min(pixels.height, top + height); y++) {
    const row = y * pixels.width;
    data.set(
      pixels.data.subarray((row + begin) * channels, (row + end) * channels),
      ((y - top) * width + begin - left) * channels,
    );
  }
  return { data, height, width, channels };
}
