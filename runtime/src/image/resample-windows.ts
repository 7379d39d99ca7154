/**
 * Which source samples contribute to an output sample, and by what weights. Pillow (Resample.c) and
 * PyTorch's antialiased resize share this.
 */
import { ImageError } from "./raw-image.ts";

/** The filters of PIL.Image.Resampling, each at the index of its value there. */
export const resampleNames = [
  "nearest",
  "lanczos",
  "bilinear",
  "bicubic",
  "box",
  "hamming",
] as const;

export type Resample = (typeof resampleNames)[number];

/**
 * Whose resize is followed bit for bit. `pillow`: the 22-bit weights of Pillow 12.3 (Resample.c).
 * `torchvision`: the 16-bit weights of PyTorch (UpSampleKernelAVXAntialias.h), which
 * SiglipImageProcessorFast uses; it has no box and no hamming filter.
 */
export type ResizeArithmetic = "pillow" | "torchvision";

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));
// Resample.c has these two as floats.
const [hammingEdge, hammingRise] = [Math.fround(0.54), Math.fround(0.46)];

/** Kernel radius before scaling, and its value at distance x; bicubic has a = -0.5. */
const filters: Readonly<
  Record<Exclude<Resample, "nearest">, readonly [radius: number, weight: (x: number) => number]>
> = {
  box: [0.5, (x) => (x > -0.5 && x <= 0.5 ? 1 : 0)],
  bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
  hamming: [
    1,
    (x) =>
      // The two floats have a sum that is not 1.
      x === 0
        ? 1
        : Math.abs(x) < 1
          ? sinc(x) * (hammingEdge + hammingRise * Math.cos(x * Math.PI))
          : 0,
  ],
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
  lanczos: [3, (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0)],
};

export interface Windows {
  /** How many weights each output sample has room for. */
  readonly size: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Float64Array;
}

/** At most 32 MiB of weights: the bicubic filter needs that for a side of a million pixels. */
const mostWeights = 2 ** 22;

/**
 * The windows that resample an axis of `from` samples to `to`. The weights of each sum to one.
 * Throws ImageError for a filter that the arithmetic lacks, and for sizes whose weights take too
 * much memory.
 */
export function resampleWindows(
  from: number,
  to: number,
  resample: Resample,
  arithmetic: ResizeArithmetic,
): Windows {
  if (arithmetic === "torchvision" && (resample === "box" || resample === "hamming"))
    throw new ImageError(
      `resample: torchvision does not resize by ${resample}; use Pillow's arithmetic`,
    );
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const [radius, weight] = resample === "nearest" ? [0, () => 1] : filters[resample];
  const support = radius * stretch;
  const size = Math.ceil(support) * 2 + 1;
  if (to * size > mostWeights)
    throw new ImageError(
      `${from} pixels to ${to} along one side take more than ${mostWeights} weights: ask for ` +
        "a smaller size",
    );
  const result: Windows = {
    size,
    first: new Int32Array(to),
    count: new Int32Array(to),
    weights: new Float64Array(to * size),
  };
  if (resample === "nearest") return nearest(from, result, arithmetic);
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

/** One sample each. */
function nearest(from: number, windows: Windows, arithmetic: ResizeArithmetic): Windows {
  const to = windows.first.length;
  windows.weights.fill(1);
  windows.count.fill(1);
  // Pillow steps along the axis and adds up what rounding leaves (Geometry.c, ImagingScaleAffine).
  let place = (from / to) * 0.5;
  // PyTorch's nearest-exact: the centre of the sample by one fused multiply and add of float32,
  // half a sample back and forth (UpSampleKernel.cpp). Fewer than five samples may take another
  // path there, which rounds otherwise: 13 of 35,022 pairs of sizes.
  const scale = Math.fround(from / to);
  for (let i = 0; i < to; i++, place += from / to)
    windows.first[i] = Math.min(
      from - 1,
      arithmetic === "pillow"
        ? place
        : Math.fround(Math.max(0, Math.fround(scale * (i + 0.5) - 0.5)) + 0.5),
    );
  return windows;
}
