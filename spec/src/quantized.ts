/**
 * Defines quantised weights: which numbers codes stand for, and how codes and scales lie in memory.
 */
import type { QuantizedStorage, Storage, WeightStorage } from "./generated/plan.ts";

export const isQuantized = (storage: WeightStorage): storage is QuantizedStorage =>
  typeof storage === "object";

/**
 * Whether a group has a zero point, which is subtracted from its numbers before they are scaled.
 */
export const hasZeroPoints = ({ zero_point = false }: QuantizedStorage): boolean => zero_point;

/** Whether weights with these storages can form one matrix. */
export const sameStorage = (a: WeightStorage, b: WeightStorage): boolean =>
  isQuantized(a) && isQuantized(b)
    ? a.bits === b.bits &&
      a.group === b.group &&
      a.book === b.book &&
      hasZeroPoints(a) === hasZeroPoints(b)
    : a === b;

/** The code books of bitsandbytes (functional.py, get_4bit_type), as float32. */
export const codeBooks: Readonly<Record<"nf4" | "fp4", readonly number[]>> = {
  nf4: [
    -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
    -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725,
    0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
    0.7229568362236023, 1,
  ],
  fp4: [
    0, 0.0052083334885537624, 0.6666666865348816, 1, 0.3333333432674408, 0.5, 0.1666666716337204,
    0.25, 0, -0.0052083334885537624, -0.6666666865348816, -1, -0.3333333432674408, -0.5,
    -0.1666666716337204, -0.25,
  ],
};

/** The numbers of the 16 codes of 4 bits; undefined for 8 bits, whose signed codes are numbers. */
export const numbersOf = ({ bits, book }: QuantizedStorage): readonly number[] | undefined =>
  book
    ? codeBooks[book]
    : bits === 4
      ? Array.from({ length: 16 }, (_, code) => code - 8)
      : undefined;

/** Where codes, scales and zero points of a matrix in panels of `width` rows lie, in bytes. */
export interface QuantizedPlaces {
  /** Of codes, from one panel to the next. */
  readonly panelBytes: number;
  readonly scalesOffset: number;
  /** Of the zero points, which lie as scales do; the end where there are none. */
  readonly zerosOffset: number;
  /** Groups of a row. */
  readonly groups: number;
  readonly bytes: number;
}

/** `panelColumns`: those of the matrix, or more. */
export function quantizedPlaces(
  rows: number,
  columns: number,
  storage: QuantizedStorage,
  width: number,
  panelColumns = columns,
): QuantizedPlaces {
  const { bits, group } = storage;
  const panels = Math.ceil(rows / width);
  const panelBytes = Math.ceil((width * panelColumns * bits) / 8);
  const groups = Math.ceil(columns / group);
  const scalesOffset = Math.ceil((panels * panelBytes) / 16) * 16;
  const scaleBytes = 4 * panels * width * groups;
  const zerosOffset = scalesOffset + scaleBytes;
  const bytes = zerosOffset + (hasZeroPoints(storage) ? scaleBytes : 0);
  return { panelBytes, scalesOffset, zerosOffset, groups, bytes };
}

/** A storage in words, such as int8, int4 in groups of 32, or nf4 in groups of 64. */
export function showStorage(storage: WeightStorage): string {
  if (!isQuantized(storage)) return storage;
  const { bits, group, book } = storage;
  const zeros = hasZeroPoints(storage) ? " with zero points" : "";
  return `${book ?? `int${bits}`} in groups of ${group}${zeros}`;
}

/** Bytes of an element of packed floats. */
export const storageBytes: Readonly<Record<Storage, number>> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
};
