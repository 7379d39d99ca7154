/**
 * Resamples a grid of rows bicubically: transformers' interpolate_pos_encoding, applied while
 * weights are loaded.
 */

/**
 * The four taps of each output along one axis: a = -0.75, pixel centres aligned, edges clamped, no
 * antialias.
 */
function axisTaps(
  from: number,
  to: number,
): { readonly index: Int32Array; readonly weight: Float64Array } {
  const index = new Int32Array(4 * to);
  const weight = new Float64Array(4 * to);
  const a = -0.75;
  for (let i = 0; i < to; i++) {
    const source = ((i + 0.5) * from) / to - 0.5;
    const base = Math.floor(source);
    const t = source - base;
    const near = (d: number): number => ((a + 2) * d - (a + 3)) * d * d + 1;
    const far = (d: number): number => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
    weight.set([far(1 + t), near(t), near(1 - t), far(2 - t)], 4 * i);
    for (let k = 0; k < 4; k++) index[4 * i + k] = Math.min(Math.max(base - 1 + k, 0), from - 1);
  }
  return { index, weight };
}

/** `[from[0] * from[1], channels]` to `[to[0] * to[1], channels]`, float64 inside. */
export function resampleGrid(
  data: Float32Array,
  channels: number,
  from: readonly [number, number],
  to: readonly [number, number],
): Float32Array {
  const [vertical, horizontal] = [axisTaps(from[0], to[0]), axisTaps(from[1], to[1])];
  const out = new Float32Array(to[0] * to[1] * channels);
  for (let y = 0; y < to[0]; y++)
    for (let x = 0; x < to[1]; x++)
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let i = 4 * y; i < 4 * y + 4; i++)
          for (let j = 4 * x; j < 4 * x + 4; j++)
            sum +=
              vertical.weight[i]! *
              horizontal.weight[j]! *
              data[(vertical.index[i]! * from[1] + horizontal.index[j]!) * channels + c]!;
        out[(y * to[1] + x) * channels + c] = sum;
      }
  return out;
}
