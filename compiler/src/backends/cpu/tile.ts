/**
 * The register tile that Gemm and Attention share: `rows` x 8 sums of products of rows of A with
 * one panel.
 */
import type { FunctionWriter, Variable } from "./wat/function-writer.ts";
import { f32x4, i32, v128, type I32, type V128 } from "./wat/nodes.ts";

/** Columns of a panel, and the bytes from one of its columns to the next. */
export const panelWidth = 8;
export const panelPitch = 4 * panelWidth;

/** x * y + z. */
export type MultiplyAdd = (x: V128, y: V128, z: V128) => V128;
export const multiplyAdd = (relaxed: boolean): MultiplyAdd =>
  relaxed ? f32x4.relaxedMadd : (x, y, z) => f32x4.add(f32x4.mul(x, y), z);

export interface Tile {
  readonly rows: number;
  /** First element of the first row, rows `stride` bytes apart. */
  readonly a: I32;
  readonly stride: number;
  readonly panel: I32;
  readonly depth: number;
  readonly madd: MultiplyAdd;
}

/** One pair of sums per row, zero. */
export function clearSums(
  f: FunctionWriter,
  rows: number,
  start?: (row: number, half: number) => V128,
): Variable<"v128">[][] {
  return Array.from({ length: rows }, (_, row) =>
    [0, 1].map((half) => f.let(`sum${row}_${half}`, start?.(row, half) ?? f32x4.all(0))),
  );
}

/**
 * Adds the products to `sums`. Rows are reached by constant offsets, so the loop advances two
 * pointers only. It is not
 * unrolled: V8 then moves loads ahead, runs out of vector registers and spills sums, which took the
 * rate from 46 to 24
 * GFLOP/s (196x768x768, one thread).
 */
export function multiplyTile(
  f: FunctionWriter,
  tile: Tile,
  sums: readonly (readonly Variable<"v128">[])[],
): void {
  const a = f.let("pa", tile.a);
  const panel = f.let("pb", tile.panel);
  const end = f.let("end", i32.add(panel, i32.const(tile.depth * panelPitch)));
  f.doWhile(
    () => {
      const halves = [0, 1].map((half) => f.let(`b${half}`, v128.load(panel, 16 * half)));
      for (let row = 0; row < tile.rows; row++) {
        const value = f.let("a", v128.loadSplat(a, row * tile.stride));
        halves.forEach((b, half) =>
          f.set(sums[row]![half]!, tile.madd(value, b, sums[row]![half]!)),
        );
      }
      f.set(a, i32.add(a, i32.const(4)));
      f.set(panel, i32.add(panel, i32.const(panelPitch)));
    },
    () => i32.ltU(panel, end),
  );
}

/**
 * Runs `body` on blocks of `mr` rows from `row` to `end`, then once on the fewer rows that remain.
 */
export function forRowBlocks(
  f: FunctionWriter,
  mr: number,
  row: Variable<"i32">,
  end: I32,
  body: (rows: number) => void,
): void {
  const block = (rows: number): void => {
    body(rows);
    f.set(row, i32.add(row, i32.const(rows)));
  };
  f.while(i32.leU(i32.add(row, i32.const(mr)), end), () => block(mr));
  const left = f.let("left", i32.sub(end, row));
  for (let rows = mr - 1; rows > 0; rows--) f.if(i32.eq(left, i32.const(rows)), () => block(rows));
}
