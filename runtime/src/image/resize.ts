/**
 * Resize of 8-bit pictures in fixed point, bit for bit as Pillow 12.3 or as PyTorch: across,
 * rounded to 8 bits, then down; antialiased but for "nearest".
 */
import { fixedWindows } from "./fixed-windows.ts";
import type { Resample, ResizeArithmetic } from "./resample-windows.ts";
import { checkMemory, tooLarge } from "./resize-memory.ts";
import { across, down } from "./resize-portable.ts";
import { resizeSimd } from "./resize-simd.ts";

/**
 * Whether the pass down comes first: so Pillow 12.3 resizes a picture over a hundred times taller
 * than wide whose height shrinks (Image.py, resize).
 */
export function downFirst(
  [height, width]: readonly [number, number],
  toHeight: number,
  arithmetic: ResizeArithmetic,
): boolean {
  return arithmetic === "pillow" && height > 100 * width && toHeight < height;
}

/**
 * `data` is `[height, width, channels]`; returns `[toHeight, toWidth, channels]`. A pass is skipped
 * where that size does not change. Throws ImageError for sizes that take too much memory, and for a
 * filter that the arithmetic lacks.
 */
export function resize(
  data: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
  [toHeight, toWidth]: readonly [number, number],
  resample: Resample,
  arithmetic: ResizeArithmetic = "pillow",
): Uint8Array {
  if (toWidth !== width && downFirst([height, width], toHeight, arithmetic))
    return resize(
      resize(data, [height, width, channels], [toHeight, width], resample, arithmetic),
      [toHeight, width, channels],
      [toHeight, toWidth],
      resample,
      arithmetic,
    );
  checkMemory([height, width, channels], [toHeight, toWidth]);
  try {
    const horizontal =
      toWidth === width ? undefined : fixedWindows(width, toWidth, resample, arithmetic);
    const vertical =
      toHeight === height ? undefined : fixedWindows(height, toHeight, resample, arithmetic);
    if (!horizontal && !vertical) return data;
    const fast = channels === 3 ? resizeSimd(data, width, height, horizontal, vertical) : undefined;
    return fast ?? resizePortable(data, [height, width, channels], horizontal, vertical);
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge([height, width], [toHeight, toWidth], cause);
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
