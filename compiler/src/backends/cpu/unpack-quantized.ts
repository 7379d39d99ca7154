/**
 * Turns a quantised panel into float32, group by group: a column is eight codes, which lie
 * together, and meets the eight scales of its group, and their zero points.
 */
import { codeBooks, hasZeroPoints, type QuantizedStorage } from "@sigil/spec";
import { plus } from "./kernel.ts";
import { panelPitch, panelWidth } from "./tile.ts";
import type { FunctionWriter, Variable } from "./wat/function-writer.ts";
import { f32x4, i16x8, i32, i32x4, i8x16, v128, type I32, type V128 } from "./wat/nodes.ts";

interface Panel {
  readonly codes: I32;
  readonly scales: I32;
  /** From a group's scales to its zero points. */
  readonly zerosBehind: number;
  /** Where columns go, `panelPitch` apart. */
  readonly target: I32;
}

/** Numbers of columns that lie one behind the other, four to a vector. */
type Numbers = (from: Variable<"i32">, columns: 1 | 2 | 4) => V128[];

export function unpackQuantized(
  f: FunctionWriter,
  storage: QuantizedStorage,
  depth: number,
  { codes, scales, zerosBehind, target }: Panel,
): void {
  const { group, bits } = storage;
  const numbers = readerOf(f, storage);
  const columnBytes = (panelWidth * bits) / 8;
  const from = f.let("codes", codes);
  const scale = f.let("scale", scales);
  const to = f.let("unpacked", target);
  const unpackGroup = (columns: number): void => {
    const halves = [0, 1].map((half) => f.let(`scale${half}`, v128.load(scale, 16 * half)));
    const zeros = hasZeroPoints(storage)
      ? [0, 1].map((half) => f.let(`zero${half}`, v128.load(plus(scale, zerosBehind), 16 * half)))
      : undefined;
    f.set(scale, plus(scale, panelPitch));
    const step = columns % 4 === 0 ? 4 : columns % 2 === 0 ? 2 : 1;
    const end = f.let("groupEnd", plus(to, columns * panelPitch));
    f.doWhile(
      () => {
        numbers(from, step).forEach((vector, i) =>
          f.storeVector(
            to,
            f32x4.mul(zeros ? f32x4.sub(vector, zeros[i % 2]!) : vector, halves[i % 2]!),
            16 * i,
          ),
        );
        f.set(from, plus(from, step * columnBytes));
        f.set(to, plus(to, step * panelPitch));
      },
      () => i32.ltU(to, end),
    );
  };
  const whole = Math.floor(depth / group);
  const rest = depth % group;
  if (whole === 1) unpackGroup(group);
  else if (whole > 1) {
    const end = f.let("wholeEnd", plus(to, whole * group * panelPitch));
    f.doWhile(
      () => unpackGroup(group),
      () => i32.ltU(to, end),
    );
  }
  if (rest > 0) unpackGroup(rest);
}

const widened = (f: FunctionWriter, words: V128): V128[] => {
  const named = f.let("words", words);
  return [i32x4.extendLowSigned(named), i32x4.extendHighSigned(named)].map(f32x4.convert);
};

/** Reads the numbers of codes as their storage has them. */
function readerOf(f: FunctionWriter, { bits, book }: QuantizedStorage): Numbers {
  if (bits === 8)
    return (from, columns) =>
      Array.from({ length: columns }, (_, i) =>
        widened(f, v128.load8x8Signed(from, panelWidth * i)),
      ).flat();
  const bytesOf = nibbles(f);
  if (!book)
    return (from, columns) =>
      bytesOf(from, columns).flatMap(({ bytes, columns: count }) => {
        const numbers = f.let("numbers", i8x16.sub(bytes, i8x16.all(8)));
        return [
          ...widened(f, i16x8.extendLow(numbers)),
          ...(count > 1 ? widened(f, i16x8.extendHigh(numbers)) : []),
        ];
      });
  const planes = bookPlanes(f, codeBooks[book]);
  return (from, columns) =>
    bytesOf(from, columns).flatMap(({ bytes, columns: count }) =>
      lookedUp(f, planes, bytes).slice(0, 2 * count),
    );
}

/** Codes of up to two columns to a vector, a byte each, in the order of rows. */
function nibbles(
  f: FunctionWriter,
): (
  from: Variable<"i32">,
  columns: 1 | 2 | 4,
) => { readonly bytes: Variable<"v128">; readonly columns: number }[] {
  return (from, columns) => {
    const packed = f.let("packed", v128.loadFirst(from, (4 * columns) as 4 | 8 | 16));
    const low = f.let("low", v128.and(packed, i8x16.all(15)));
    const high = f.let("high", i8x16.shrU(packed, 4));
    return Array.from({ length: Math.ceil(columns / 2) }, (_, i) => ({
      bytes: f.let("bytes", i8x16.shuffle(low, high, interleaved(8 * i))),
      columns: Math.min(2, columns),
    }));
  };
}

/** Places that take bytes of two vectors in turns, from `first` on. */
const interleaved = (first: number): number[] =>
  Array.from({ length: 16 }, (_, i) => first + (i >> 1) + 16 * (i & 1));

/** Byte b of all 16 numbers, for each b. */
function bookPlanes(f: FunctionWriter, numbers: readonly number[]): Variable<"v128">[] {
  const bytes = new Uint8Array(Float32Array.from(numbers).buffer);
  return [0, 1, 2, 3].map((b) =>
    f.let(`plane${b}`, i8x16.const(numbers.map((_, code) => bytes[4 * code + b]!))),
  );
}

/** The float32 numbers of 16 codes: their bytes are looked up one by one and put together. */
function lookedUp(
  f: FunctionWriter,
  planes: readonly Variable<"v128">[],
  codes: Variable<"v128">,
): V128[] {
  const found = planes.map((plane, b) => f.let(`byte${b}`, i8x16.swizzle(plane, codes)));
  return [0, 8].flatMap((first) => {
    const [low, high] = [0, 2].map((b) =>
      f.let(`half${b}`, i8x16.shuffle(found[b]!, found[b + 1]!, interleaved(first))),
    ) as [Variable<"v128">, Variable<"v128">];
    return [0, 8].map((from) =>
      i8x16.shuffle(
        low,
        high,
        // Pairs of bytes in turns.
        Array.from({ length: 16 }, (_, i) => from + 2 * (i >> 2) + (i & 1) + (i & 2) * 8),
      ),
    );
  });
}
