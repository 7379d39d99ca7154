/** Walking a row four elements at a time with an exact tail. */
import type { FunctionWriter, Variable } from "./wat/function-writer.ts";
import { i32, i32x4, type I32, type V128 } from "./wat/nodes.ts";

/** All bits of the first `lanes` lanes. */
export const tailMask = (lanes: number): V128 =>
  i32x4.const(
    ...([0, 1, 2, 3].map((lane) => (lane < lanes ? -1 : 0)) as [number, number, number, number]),
  );

/**
 * Runs `body` for every four elements of a row: `byte` is their offset as a node, and `lanes` is
 * how many of them exist. Loads may read past the row, since memory has slack at its end. What a
 * body sums or stores must respect `lanes`.
 */
export function forLanes(
  f: FunctionWriter,
  width: number,
  body: (byte: I32, lanes: number) => void,
): void {
  const whole = width - (width % 4);
  if (whole > 0)
    f.forRange("byte", i32.const(0), i32.const(4 * whole), 16, (byte) => body(byte, 4));
  if (whole < width) body(i32.const(4 * whole), width - whole);
}

/** Per-row start: base + row * width * 4. */
export const rowStart = (
  f: FunctionWriter,
  hint: string,
  base: I32,
  row: I32,
  width: number,
): Variable<"i32"> => f.let(hint, i32.add(base, i32.mul(row, i32.const(4 * width))));
