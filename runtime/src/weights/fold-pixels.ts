/**
 * Weights of pictures made ready to meet bytes, as a plan's `fold` says: what normalising would do
 * to the pictures, done to them instead.
 */
import type { WeightPart } from "@sigil/spec";
import { roundToStorage } from "./pack.ts";

/**
 * Rows `[channels, pixels]` to `[pixels, channels]`, scaled; or, with shifts, to a number each,
 * summed in float64 over what storage keeps of them.
 */
export function foldPixels(
  rows: Float32Array,
  { pixels, scales, shifts, storage }: NonNullable<WeightPart["fold"]>,
): Float32Array {
  const channels = scales.length;
  const columns = channels * pixels;
  const count = rows.length / columns;
  const out = new Float32Array(shifts ? count : rows.length);
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < pixels; p++) {
        const scaled = Math.fround(rows[row * columns + c * pixels + p]! * scales[c]!);
        if (shifts) sum += roundToStorage(scaled, storage) * shifts[c]!;
        else out[row * columns + p * channels + c] = scaled;
      }
    if (shifts) out[row] = sum;
  }
  return out;
}
