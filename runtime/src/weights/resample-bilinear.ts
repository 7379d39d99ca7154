/**
 * Resamples a grid of rows bilinearly with antialias: PyTorch's
 * `interpolate(mode="bilinear", antialias=True, align_corners=False)`, as NaFlex does it with its
 * positions.
 */

/** What each output along one axis is made of: `count` inputs from `first`, by their weights. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** A triangle as wide as the inputs that an output stands for, cut at the edges. */
function axisTaps(from: number, to: number): readonly Taps[] {
  const scale = from / to;
  const support = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = scale * (i + 0.5);
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), from);
    const weights = Array.from({ length: end - first }, (__, k) =>
      Math.max(0, 1 - Math.abs((first + k - centre + 0.5) / support)),
    );
    const total = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / total) };
  });
}

/**
 * `[from[0] * from[1], channels]` to `[to[0] * to[1], channels]`, float64 inside: within float32's
 * rounding of PyTorch, and the same values where the grids are equal.
 */
export function resampleBilinear(
  data: Float32Array,
  channels: number,
  from: readonly [number, number],
  to: readonly [number, number],
): Float32Array {
  const columns = axisTaps(from[1], to[1]);
  const row = new Float64Array(from[1] * channels);
  const out = new Float32Array(to[0] * to[1] * channels);
  const sum = new Float64Array(channels);
  axisTaps(from[0], to[0]).forEach((lines, y) => {
    row.fill(0);
    lines.weights.forEach((weight, k) => {
      const start = (lines.first + k) * row.length;
      for (let i = 0; i < row.length; i++) row[i]! += weight * data[start + i]!;
    });
    columns.forEach(({ first, weights }, x) => {
      sum.fill(0);
      weights.forEach((weight, k) => {
        const start = (first + k) * channels;
        for (let c = 0; c < channels; c++) sum[c]! += weight * row[start + c]!;
      });
      out.set(sum, (y * to[1] + x) * channels);
    });
  });
  return out;
}
