import type { WeightPart } from "@sigil/spec";

/**
 * Folds the normalisation of pixels into rows `[channels, pixels]` of a patch embedding, in
 * float64, as a runtime does when it loads them; see `fold` of WeightPart.
 */
export function foldRows(
  rows: Float64Array,
  { pixels, scales, shifts }: NonNullable<WeightPart["fold"]>,
): Float64Array {
  const channels = scales.length;
  const columns = channels * pixels;
  const out = new Float64Array(shifts ? rows.length / columns : rows.length);
  rows.forEach((value, i) => {
    const [row, channel, pixel] = [
      Math.floor(i / columns),
      Math.floor((i % columns) / pixels),
      i % pixels,
    ];
    const scaled = value * scales[channel]!;
    if (shifts) out[row]! += scaled * shifts[channel]!;
    else out[row * columns + pixel * channels + channel] = scaled;
  });
  return out;
}
