/** Cuts out the middle of a picture, as transformers' center_crop does. */
import type { FixedSize } from "./image-size.ts";
import type { Pixels } from "./pixels.ts";
import type { ResizeArithmetic } from "./resample-windows.ts";

/**
 * The index of the first sample of the middle `to` of `from`. It is negative for a smaller picture,
 * which zeros surround. An odd sample is cut from the end. For a smaller picture it is added in
 * front with NumPy (image_transforms.py), and at the end with torchvision
 * (image_processing_backends.py).
 */
export function cropOffset(from: number, to: number, arithmetic: ResizeArithmetic): number {
  const half = (from - to) / 2;
  return arithmetic === "pillow" ? Math.floor(half) : Math.trunc(half);
}

/** Cuts out the middle `height` x `width`. Samples outside the picture are zero. */
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
