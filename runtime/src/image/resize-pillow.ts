/** Pillow's antialiased resize of 8-bit pictures, bit for bit (src/libImaging/Resample.c): 22-bit fixed point, across and then down, rounded to 8 bits between. */
export type Resample = "bilinear" | "bicubic";

/** Pillow's PRECISION_BITS: 32 bits less 8 of the pixel and 2 of headroom. */
const precision = 22;

/** Kernel radius before scaling, and its value at distance x; bicubic has a = -0.5. */
const filters: Readonly<Record<Resample, readonly [radius: number, weight: (x: number) => number]>> = {
  bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
  bicubic: [
    2,
    (distance) => {
      const x = Math.abs(distance);
      const a = -0.5;
      return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    },
  ],
};

interface Windows {
  readonly size: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
}

function windows(from: number, to: number, resample: Resample): Windows {
  const [radius, weight] = filters[resample];
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = radius * stretch;
  const size = Math.ceil(support) * 2 + 1;
  const result = { size, first: new Int32Array(to), count: new Int32Array(to), weights: new Int32Array(to * size) };
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(from, Math.trunc(centre + support + 0.5)) - first;
    const values = Float64Array.from({ length: count }, (_, k) => weight((k + first - centre + 0.5) * (1 / stretch)));
    const total = values.reduce((a, b) => a + b, 0);
    result.first[i] = first;
    result.count[i] = count;
    values.forEach((value, k) => {
      const scaled = (total === 0 ? value : value / total) * 2 ** precision;
      result.weights[i * size + k] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    });
  }
  return result;
}

/** One pass along an axis: `outer` lines of `from` samples that lie `step` apart become lines of `to`. */
function pass(source: Uint8Array, outer: number, outerFrom: number, outerTo: number, inner: number, step: number, to: number, { size, first, count, weights }: Windows): Uint8Array {
  const target = new Uint8Array(outer * outerTo);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < to; i++)
      for (let c = 0; c < inner; c++) {
        let sum = 2 ** (precision - 1);
        let at = o * outerFrom + first[i]! * step + c;
        for (let k = 0; k < count[i]!; k++, at += step) sum += source[at]! * weights[i * size + k]!;
        const value = sum >> precision;
        target[o * outerTo + i * step + c] = value < 0 ? 0 : value > 255 ? 255 : value;
      }
  return target;
}

/** `data` is `[height, width, channels]`; returns `[toHeight, toWidth, channels]`. A pass is skipped where that size does not change. */
export function resizePillow(data: Uint8Array, [height, width, channels]: readonly [number, number, number], [toHeight, toWidth]: readonly [number, number], resample: Resample): Uint8Array {
  let pixels = data;
  if (toWidth !== width) pixels = pass(pixels, height, width * channels, toWidth * channels, channels, channels, toWidth, windows(width, toWidth, resample));
  const row = toWidth * channels;
  if (toHeight !== height) pixels = pass(pixels, 1, height * row, toHeight * row, row, row, toHeight, windows(height, toHeight, resample));
  return pixels;
}
