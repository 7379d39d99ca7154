/**
 * Which source samples make an output sample, and how much of each: shared by Pillow (Resample.c)
 * and PyTorch's antialiased resize.
 */

/** PIL.Image.Resampling: BILINEAR is 2, BICUBIC is 3. */
export type Resample = "bilinear" | "bicubic";

/** Kernel radius before scaling, and its value at distance x; bicubic has a = -0.5. */
const filters: Readonly<
  Record<Resample, readonly [radius: number, weight: (x: number) => number]>
> = {
  bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
  bicubic: [
    2,
    (distance) => {
      const x = Math.abs(distance);
      const a = -0.5;
      return x < 1
        ? ((a + 2) * x - (a + 3)) * x * x + 1
        : x < 2
          ? (((x - 5) * x + 8) * x - 4) * a
          : 0;
    },
  ],
};

export interface Windows {
  /** Places for weights of each output sample. */
  readonly size: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Float64Array;
}

/** The windows of an axis of `from` samples that becomes one of `to`; weights sum to one. */
export function resampleWindows(from: number, to: number, resample: Resample): Windows {
  const [radius, weight] = filters[resample];
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = radius * stretch;
  const size = Math.ceil(support) * 2 + 1;
  const result: Windows = {
    size,
    first: new Int32Array(to),
    count: new Int32Array(to),
    weights: new Float64Array(to * size),
  };
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(from, Math.trunc(centre + support + 0.5)) - first;
    const values = result.weights.subarray(i * size, i * size + count);
    for (let k = 0; k < count; k++) values[k] = weight((k + first - centre + 0.5) * (1 / stretch));
    const total = values.reduce((a, b) => a + b, 0);
    if (total !== 0) for (let k = 0; k < count; k++) values[k]! /= total;
    result.first[i] = first;
    result.count[i] = count;
  }
  return result;
}
