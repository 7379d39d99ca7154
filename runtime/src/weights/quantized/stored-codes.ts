/** What a file holds of a quantised matrix, before it is brought into the groups of a plan. */
import type { QuantizedStorage } from "@sigil/spec";
import { numbersOf, sameStorage, showStorage } from "@sigil/spec/shared";
import { WeightsError } from "../error.ts";
import type { QuantizedMatrix } from "./quantized-matrix.ts";

export interface StoredCodes {
  readonly rows: number;
  readonly columns: number;
  readonly bits: 4 | 8;
  readonly book?: "nf4" | "fp4";
  /** Row by row, a byte each. */
  readonly codes: Int8Array;
  readonly scales: Float32Array;
  /** As many as scales, in the numbers of codes; undefined where zero stands for zero. */
  readonly zeros?: Float32Array | undefined;
  /** Weights that share a scale, counted within a row or from the matrix's first one on. */
  readonly block: number;
  readonly across: boolean;
}

export interface Where {
  readonly file: string;
  readonly tensor: string;
}

/** The number of the scale that the weight at a row and column has. */
const scaleAt = ({ columns, block, across }: StoredCodes, row: number, column: number): number =>
  across
    ? Math.floor((row * columns + column) / block)
    : row * Math.ceil(columns / block) + Math.floor(column / block);

/** The weights themselves. */
export function weightsOf(stored: StoredCodes): Float32Array {
  const { rows, columns, codes, scales, zeros, bits, book } = stored;
  const numbers = numbersOf({ bits, group: 1, ...(book && { book }) });
  const out = new Float32Array(codes.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const i = row * columns + column;
      const g = scaleAt(stored, row, column);
      const number = Math.fround(numbers?.[codes[i]!] ?? codes[i]!);
      out[i] = Math.fround(number - (zeros?.[g] ?? 0)) * scales[g]!;
    }
  return out;
}

/** The same matrix with a scale for each group of the plan's storage, exactly. */
export function regroup(
  stored: StoredCodes,
  storage: QuantizedStorage,
  where: Where,
): QuantizedMatrix {
  const { rows, columns, bits, book, codes, block, across } = stored;
  const { group } = storage;
  const whole = group >= columns;
  const cut = across
    ? !(block % group === 0 && (columns % group === 0 || rows === 1))
    : block % group !== 0 && !(whole && block >= columns);
  const given: QuantizedStorage = {
    ...{ bits, group: block },
    ...(book && { book }),
    ...(stored.zeros && { zero_point: true }),
  };
  const same = sameStorage({ ...given, group }, storage);
  if (!same || cut)
    throw new WeightsError("is not quantised like the plan's weights", {
      ...where,
      expected: showStorage(storage),
      received:
        `${showStorage(given)}${across ? " that go across rows" : ""}; ` +
        `compile it with the "quantize" that the checkpoint's config.json asks for`,
    });
  const groups = Math.ceil(columns / group);
  const perGroup = (from: Float32Array): Float32Array => {
    const to = new Float32Array(rows * groups);
    for (let row = 0, i = 0; row < rows; row++)
      for (let g = 0; g < groups; g++, i++) to[i] = from[scaleAt(stored, row, g * group)]!;
    return to;
  };
  return {
    columns,
    codes,
    scales: perGroup(stored.scales),
    zeros: stored.zeros && perGroup(stored.zeros),
  };
}

/** Throws a WeightsError for scales of another number, or that are not finite. */
export function checkScales(scales: Float32Array, count: number, where: Where): Float32Array {
  if (scales.length !== count)
    throw new WeightsError("has the wrong number of scales", {
      ...where,
      expected: String(count),
      received: String(scales.length),
    });
  const bad = scales.findIndex((scale) => !Number.isFinite(scale));
  if (bad >= 0)
    throw new WeightsError("has a scale that is not a number", {
      ...where,
      expected: "finite scales",
      received: `${scales[bad]} at ${bad}`,
    });
  return scales;
}
