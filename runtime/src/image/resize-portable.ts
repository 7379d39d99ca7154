/**
 * The two passes of the fixed-point resize in plain JavaScript: any number of channels, any engine.
 */
import type { FixedWindows } from "./fixed-windows.ts";

const clamp = (value: number): number => (value < 0 ? 0 : Math.min(value, 255));

/** Every row of `width` pixels becomes one of `to`. */
export function across(
  source: Uint8Array,
  rows: number,
  width: number,
  channels: number,
  to: number,
  { size, first, count, weights, precision }: FixedWindows,
): Uint8Array {
  const target = new Uint8Array(rows * to * channels);
  const half = 1 << (precision - 1);
  for (let row = 0; row < rows; row++) {
    const from = row * width * channels;
    let out = row * to * channels;
    for (let i = 0; i < to; i++) {
      const end = i * size + count[i]!;
      if (channels === 3) {
        let [red, green, blue] = [half, half, half];
        let at = from + first[i]! * 3;
        for (let k = i * size; k < end; k++, at += 3) {
          const weight = weights[k]!;
          red = (red + Math.imul(source[at]!, weight)) | 0;
          green = (green + Math.imul(source[at + 1]!, weight)) | 0;
          blue = (blue + Math.imul(source[at + 2]!, weight)) | 0;
        }
        target[out] = clamp(red >> precision);
        target[out + 1] = clamp(green >> precision);
        target[out + 2] = clamp(blue >> precision);
      } else
        for (let c = 0; c < channels; c++) {
          let sum = half;
          let at = from + first[i]! * channels + c;
          for (let k = i * size; k < end; k++, at += channels)
            sum = (sum + Math.imul(source[at]!, weights[k]!)) | 0;
          target[out + c] = clamp(sum >> precision);
        }
      out += channels;
    }
  }
  return target;
}

/**
 * `[height, width]` samples, whatever their channels, become `[to, width]`; whole rows are added,
 * which reads memory in order.
 */
export function down(
  source: Uint8Array,
  width: number,
  to: number,
  { size, first, count, weights, precision }: FixedWindows,
): Uint8Array {
  const target = new Uint8Array(to * width);
  const sums = new Int32Array(width);
  for (let i = 0; i < to; i++) {
    sums.fill(1 << (precision - 1));
    for (let k = 0; k < count[i]!; k++) {
      const weight = weights[i * size + k]!;
      const from = (first[i]! + k) * width;
      for (let x = 0; x < width; x++)
        sums[x] = (sums[x]! + Math.imul(source[from + x]!, weight)) | 0;
    }
    for (let x = 0; x < width; x++) target[i * width + x] = clamp(sums[x]! >> precision);
  }
  return target;
}
