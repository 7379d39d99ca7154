/** Quantised matrices between a checkpoint and a kernel's layout. */
import type { QuantizedStorage } from "@sigil/spec";
import { codeBooks, hasZeroPoints, numbersOf } from "@sigil/spec/shared";
import { WeightsError } from "../error.ts";

/** Codes row by row, a byte each, and a scale for each group of each row. */
export interface QuantizedMatrix {
  readonly columns: number;
  readonly codes: Int8Array;
  readonly scales: Float32Array;
  /** As many as scales, where the storage has them. */
  readonly zeros?: Float32Array | undefined;
}

/**
 * The weights that a matrix stands for: each code's number, less its group's zero point, times its
 * scale, in float32.
 */
export function dequantize(
  { columns, codes, scales, zeros }: QuantizedMatrix,
  storage: QuantizedStorage,
): Float32Array {
  const numbers = numbersOf(storage);
  const groups = Math.ceil(columns / storage.group);
  return Float32Array.from(codes, (code, i) => {
    const row = Math.floor(i / columns);
    const group = row * groups + Math.floor((i - row * columns) / storage.group);
    const number = Math.fround(numbers?.[code] ?? code);
    return Math.fround(number - (zeros?.[group] ?? 0)) * scales[group]!;
  });
}

/**
 * Quantises rows of float32 to the nearest codes. int8: the largest magnitude of a group becomes
 * 127. int4: the value of the largest magnitude becomes -8, as in GGUF's Q4_0. Books: the largest
 * magnitude becomes 1, and a value halfway between two numbers the lower, as in bitsandbytes. With
 * zero points: the smallest and the largest value of a group, or zero, become the outermost codes.
 */
export function quantize(
  values: Float32Array,
  columns: number,
  storage: QuantizedStorage,
  tensor = "",
): QuantizedMatrix {
  const { group } = storage;
  const rows = values.length / columns;
  const groups = Math.ceil(columns / group);
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(rows * groups);
  const zeros = hasZeroPoints(storage) ? new Float32Array(scales.length) : undefined;
  const encode = zeros ? undefined : encoder(storage);
  for (let row = 0, g = 0; row < rows; row++)
    for (let first = 0; first < columns; first += group, g++) {
      const begin = row * columns + first;
      const end = row * columns + Math.min(columns, first + group);
      let extreme = 0;
      for (let i = begin; i < end; i++) {
        if (!Number.isFinite(values[i]!))
          throw new WeightsError("cannot be quantised", {
            tensor,
            expected: "finite values",
            received: `${values[i]} at row ${row}`,
          });
        if (Math.abs(values[i]!) > Math.abs(extreme)) extreme = values[i]!;
      }
      if (encode) scales[g] = encode(values, begin, end, extreme, codes);
      else if (zeros) [scales[g], zeros[g]] = encodeRange(values, begin, end, storage.bits, codes);
    }
  return { columns, codes, scales, zeros };
}

/** Writes the codes of a group whose value of largest magnitude is given; returns its scale. */
type Encode = (
  values: Float32Array,
  begin: number,
  end: number,
  extreme: number,
  codes: Int8Array,
) => number;

function encoder(storage: QuantizedStorage): Encode {
  if (storage.book) return bookEncoder(codeBooks[storage.book]);
  const [most, least, shift] = storage.bits === 8 ? [127, -127, 0] : [7, -8, 8];
  return (values, begin, end, extreme, codes) => {
    const scale = Math.fround(storage.bits === 8 ? Math.abs(extreme) / 127 : extreme / -8);
    const inverse = scale === 0 ? 0 : 1 / scale;
    for (let i = begin; i < end; i++)
      codes[i] = Math.max(least, Math.min(most, roundHalfEven(values[i]! * inverse))) + shift;
    return scale;
  };
}

/** Writes the codes of a group; returns its scale and its zero point. */
function encodeRange(
  values: Float32Array,
  begin: number,
  end: number,
  bits: 4 | 8,
  codes: Int8Array,
): [scale: number, zero: number] {
  const [least, most, shift] = bits === 8 ? [-128, 127, 0] : [-8, 7, 8];
  let [low, high] = [0, 0];
  for (let i = begin; i < end; i++) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  const scale = Math.fround((high - low) / (most - least));
  const inverse = scale === 0 ? 0 : 1 / scale;
  const zero = Math.max(least, Math.min(most, roundHalfEven(least - low * inverse)));
  for (let i = begin; i < end; i++) {
    const number = roundHalfEven(values[i]! * inverse) + zero;
    codes[i] = Math.max(least, Math.min(most, number)) + shift;
  }
  return [scale, zero];
}

function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function bookEncoder(numbers: readonly number[]): Encode {
  // Of the two zeros of fp4, the second is what small positive values become.
  const sorted = numbers
    .map((number, code) => ({ number: Math.fround(number), code }))
    .sort((a, b) => a.number - b.number || a.code - b.code);
  const thresholds = sorted
    .slice(1)
    .map(({ number }, i) => Math.fround(Math.fround(number + sorted[i]!.number) / 2));
  return (values, begin, end, extreme, codes) => {
    const scale = Math.abs(extreme);
    const inverse = Math.fround(1 / Math.max(scale, 1e-38));
    for (let i = begin; i < end; i++) {
      const x = Math.fround(values[i]! * inverse);
      let place = 0;
      while (place < thresholds.length && x > thresholds[place]!) place++;
      codes[i] = sorted[place]!.code;
    }
    return scale;
  };
}
