/** The windows of an axis in fixed point, as Pillow or as PyTorch rounds them. */
import {
  resampleWindows,
  type Resample,
  type ResizeArithmetic,
  type Windows,
} from "./resample-windows.ts";

export interface FixedWindows extends Omit<Windows, "weights"> {
  readonly weights: Int32Array;
  readonly precision: number;
}

/** Pillow's PRECISION_BITS: 32 bits less 8 of the pixel and 2 of headroom. */
const pillowPrecision = 22;

/** The most bits with which the largest weight still fits 16. */
function torchPrecision(weights: Float64Array): number {
  const largest = weights.reduce((a, b) => Math.max(a, b), 0);
  let precision = 0;
  while (precision < pillowPrecision && Math.trunc(0.5 + largest * 2 ** (precision + 1)) < 2 ** 15)
    precision++;
  return precision;
}

function makeWindows(
  from: number,
  to: number,
  resample: Resample,
  arithmetic: ResizeArithmetic,
): FixedWindows {
  const { weights, ...places } = resampleWindows(from, to, resample, arithmetic);
  const precision = arithmetic === "pillow" ? pillowPrecision : torchPrecision(weights);
  const fixed = Int32Array.from(weights, (weight) => {
    const scaled = weight * 2 ** precision;
    return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  });
  return { ...places, weights: fixed, precision };
}

/** The last windows made: a stream of pictures of one size makes them once. */
const cache = new Map<string, FixedWindows>();
const cacheSize = 16;
/** Of one axis; windows with more are made again: 16 of 4 MiB are held. */
const keptWeights = 2 ** 20;

/** The windows that resample an axis of `from` samples to `to`. Throws like resampleWindows. */
export function fixedWindows(
  from: number,
  to: number,
  resample: Resample,
  arithmetic: ResizeArithmetic,
): FixedWindows {
  const key = `${from} ${to} ${resample} ${arithmetic}`;
  const known = cache.get(key) ?? makeWindows(from, to, resample, arithmetic);
  if (known.weights.length > keptWeights) return known;
  cache.delete(key);
  cache.set(key, known);
  for (const oldest of cache.keys()) if (cache.size > cacheSize) cache.delete(oldest);
  return known;
}
