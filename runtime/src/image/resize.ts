/**
 * Antialiased resize of 8-bit pictures in fixed point, bit for bit as Pillow or as PyTorch: across,
 * rounded to 8 bits, then down.
 */
import { fixedWindows, type ResizeArithmetic } from "./fixed-windows.ts";
import { ImageError } from "./raw-image.ts";
import type { Resample } from "./resample-windows.ts";
import { across, down } from "./resize-portable.ts";
import { resizeSimd } from "./resize-simd.ts";

/** More than any engine gives one array everywhere. */
const mostBytes = 2 ** 31;

/**
 * `data` is `[height, width, channels]`; returns `[toHeight, toWidth, channels]`. A pass is skipped
 * where that size does not change. Throws ImageError for sizes that no memory holds.
 */
export function resize(
  data: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
  [toHeight, toWidth]: readonly [number, number],
  resample: Resample,
  arithmetic: ResizeArithmetic = "pillow",
): Uint8Array {
  const tooMuch = (cause?: unknown): never => {
    throw new ImageError(
      `${height}x${width} pixels to ${toHeight}x${toWidth} take more memory than there is: ask for a smaller size`,
      { cause },
    );
  };
  // Known at once, before the first pass has taken its time.
  if (Math.max(height, toHeight) * toWidth * channels > mostBytes) tooMuch();
  try {
    const horizontal =
      toWidth === width ? undefined : fixedWindows(width, toWidth, resample, arithmetic);
    const vertical =
      toHeight === height ? undefined : fixedWindows(height, toHeight, resample, arithmetic);
    if (!horizontal && !vertical) return data;
    const fast = channels === 3 ? resizeSimd(data, width, height, horizontal, vertical) : undefined;
    return fast ?? resizePortable(data, [height, width, channels], horizontal, vertical);
  } catch (cause) {
    if (cause instanceof RangeError) tooMuch(cause);
    throw cause;
  }
}

/** The same without SIMD. */
export function resizePortable(
  data: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
  horizontal: Parameters<typeof across>[5] | undefined,
  vertical: Parameters<typeof down>[3] | undefined,
): Uint8Array {
  const toWidth = horizontal?.first.length ?? width;
  const rows = horizontal ? across(data, height, width, channels, toWidth, horizontal) : data;
  return vertical ? down(rows, toWidth * channels, vertical.first.length, vertical) : rows;
}
