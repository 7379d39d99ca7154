/**
 * Chooses the scales of the least squared error, which are often smaller than the scale that
 * represents the largest weight.
 */
import { float16ToFloat32, float32ToFloat16, type QuantizedMatrix } from "@sigil/runtime/internal";
import { hasZeroPoints, type QuantizedStorage } from "@sigil/spec";

/** Parts of the scale that gives the outermost weights of a group the outermost codes. */
const parts = [1, 0.975, 0.95, 0.925, 0.9, 0.875, 0.85, 0.825, 0.8];

/** Evenly spaced values. A weight is (number - zero) * scale, for a whole number. */
export interface Grid {
  readonly scale: number;
  readonly zero: number;
}

/** The least and the largest number that a code stands for. The code is the number plus `shift`. */
export const codeRange = ({ bits, zero_point: zeroPoint = false }: QuantizedStorage) =>
  bits === 8
    ? ({ least: zeroPoint ? -128 : -127, most: 127, shift: 0 } as const)
    : ({ least: -8, most: 7, shift: 8 } as const);

type Range = ReturnType<typeof codeRange>;

const clamped = (number: number, { least, most }: Range): number =>
  Math.max(least, Math.min(most, number));

/**
 * The number whose value on the grid is nearest to the weight `x`. If the scale is 0, all numbers
 * have the same value.
 */
export const nearestNumber = (x: number, { scale, zero }: Grid, range: Range): number =>
  scale === 0 ? zero : clamped(Math.round(x * (1 / scale)) + zero, range);

/**
 * The grid of the least squared error for `count` values, `stride` elements apart. Scales of 4 bits
 * are rounded to float16, in which they are stored.
 */
export function closestGrid(
  values: Float32Array,
  { begin, count, stride }: Readonly<Record<"begin" | "count" | "stride", number>>,
  storage: QuantizedStorage,
): Grid {
  const { bits } = storage;
  const range = codeRange(storage);
  const end = begin + count * stride;
  let [low, high] = [0, 0];
  for (let i = begin; i < end; i += stride) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  const zeroPoints = hasZeroPoints(storage);
  const widest = zeroPoints
    ? (high - low) / (range.most - range.least)
    : bits === 8
      ? Math.max(high, -low) / 127
      : // The value of the largest magnitude becomes -8.
        (high > -low ? high : low) / -8;
  let chosen: Grid = { scale: 0, zero: 0 };
  let smallest = Infinity;
  for (const part of parts) {
    const scale =
      bits === 8 ? Math.fround(widest * part) : float16ToFloat32(float32ToFloat16(widest * part));
    if (scale === 0) break;
    const inverse = 1 / scale;
    const zero = zeroPoints ? clamped(Math.round(range.least - low * part * inverse), range) : 0;
    let error = 0;
    for (let i = begin; i < end && error < smallest; i += stride) {
      const number = clamped(Math.round(values[i]! * inverse) + zero, range);
      const off = values[i]! - (number - zero) * scale;
      error += off * off;
    }
    if (error < smallest) [smallest, chosen] = [error, { scale, zero }];
  }
  return chosen;
}

/** Quantises `values`, `[rows, columns]`, to the nearest codes on the grids of closestGrid. */
export function quantizeClosely(
  values: Float32Array,
  columns: number,
  storage: QuantizedStorage,
): QuantizedMatrix {
  const { group } = storage;
  const rows = values.length / columns;
  const groups = Math.ceil(columns / group);
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(rows * groups);
  const zeros = hasZeroPoints(storage) ? new Float32Array(scales.length) : undefined;
  const range = codeRange(storage);
  for (let row = 0, g = 0; row < rows; row++)
    for (let first = 0; first < columns; first += group, g++) {
      const begin = row * columns + first;
      const end = row * columns + Math.min(columns, first + group);
      const grid = closestGrid(values, { begin, count: end - begin, stride: 1 }, storage);
      scales[g] = grid.scale;
      if (zeros) zeros[g] = grid.zero;
      for (let i = begin; i < end; i++)
        codes[i] = nearestNumber(values[i]!, grid, range) + range.shift;
    }
  return { columns, codes, scales, zeros };
}
