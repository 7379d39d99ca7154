/**
 * Gemm with a weight in int8 and rows of A rounded to int8: products of integers, two at a time in
 * 16 bits, exact on every engine. relaxed_dot takes four, but only seven bits on one side
 * (docs/decisions/31-no-relaxed-dot.md).
 */
import { quantizedPlaces, type QuantizedStorage, type WeightLayout } from "@sigil/spec";
import { gemmOperands } from "../../kernels/operands.ts";
import type { GemmProblem } from "../../kernels/problem.ts";
import { finishTile } from "./finish-tile.ts";
import { kernelWriter, plus, times, type Emitted } from "./kernel.ts";
import { forRowBlocks, panelWidth } from "./tile.ts";
import { maxLanes, type FunctionWriter, type Variable } from "./wat/function-writer.ts";
import { f32x4, i16x8, i32, i32x4, i8x16, v128, type I32 } from "./wat/nodes.ts";

/** Bytes of an integer of A or of a panel, unpacked. */
const wordBytes = 2;
/** Two columns of a panel, their words in turns. */
const pairPitch = 2 * wordBytes * panelWidth;
const blockBytes = 768 * 1024;
const mr = 4;

export function emitGemmInt8(name: string, problem: GemmProblem): Emitted {
  const { b: weight, a: shape, columns, depth } = problem;
  if (weight.kind !== "weight" || shape.kind !== "rows" || typeof columns !== "number")
    throw new Error("internal: integers meet a weight, row by row");
  const storage = weight.storage as QuantizedStorage;
  const { f, operands, extents, extent, scratch, begin, end } = kernelWriter(
    name,
    ["a", "b", ...problem.epilogueOperands.map((o) => o.name), "c"],
    [problem.rows],
  );
  const { a, b, epilogue, c } = gemmOperands(problem, operands);
  const rows = extent(problem.rows);
  const rowBytes = wordBytes * depth;
  const wanted = Math.floor(blockBytes / rowBytes);
  const mBlock = Math.max(4 * mr, Math.min(256, wanted - (wanted % mr)));
  const scaleBytes = 4 * mBlock;
  const panelAt = scaleBytes + mBlock * rowBytes;
  const places = quantizedPlaces(columns, depth, storage, panelWidth);

  f.forRange("block", i32.const(0), rows, mBlock, (block) => {
    const blockEnd = f.let("blockEnd", i32.min(plus(block, mBlock), rows));
    f.forRange("row", block, blockEnd, 1, (row) => {
      const place = f.let("place", i32.sub(row, block));
      roundRow(f, depth, {
        from: i32.add(a, times(row, 4 * shape.stride)),
        to: i32.add(plus(scratch, scaleBytes), times(place, rowBytes)),
        scale: i32.add(scratch, times(place, 4)),
      });
    });
    f.forRange("panel", begin, end, 1, (index) => {
      const panel = f.let("columns", plus(scratch, panelAt));
      unpackPanel(f, depth, i32.add(b, times(index, places.panelBytes)), panel);
      const scales = i32.add(plus(b, places.scalesOffset), times(index, 4 * panelWidth));
      const columnBytes = f.let("columnBytes", times(index, 4 * panelWidth));
      const ofColumns = [0, 1].map((half) => f.let(`scale${half}`, v128.load(scales, 16 * half)));
      const row = f.let("row", block);
      forRowBlocks(f, mr, row, blockEnd, (count) => {
        const place = f.let("place", i32.sub(row, block));
        const sums = multiplyInt8(f, count, {
          a: i32.add(plus(scratch, scaleBytes), times(place, rowBytes)),
          panel,
          depth,
        });
        const ofRows = f.let("ofRows", i32.add(scratch, times(place, 4)));
        const tile = { row, rows: count, panel: index, columnBytes, columns, epilogue, c };
        finishTile(f, problem, tile, (r, half) =>
          f32x4.mul(
            f32x4.convert(sums[r]![half]!),
            f32x4.mul(v128.loadSplat(ofRows, 4 * r), ofColumns[half]!),
          ),
        );
      });
    });
  });
  const layout: WeightLayout = { kind: "panels", width: panelWidth, storage };
  return {
    wat: f.print(),
    choice: `tile ${mr}x${panelWidth} of integers, ${mBlock} rows a block`,
    units: { of: columns, per: panelWidth },
    extents,
    scratchBytes: panelAt + (depth / 2) * pairPitch,
    layouts: [
      undefined,
      layout,
      ...problem.epilogueOperands.map((): WeightLayout => ({ kind: "rows" })),
      undefined,
    ],
  };
}

/**
 * Writes a row as integers, and its scale. Where the row is all zeros the quotient is infinite and
 * its products NaN, which become zeros; a NaN or an infinity makes the scale so, and the row with
 * it.
 */
function roundRow(
  f: FunctionWriter,
  depth: number,
  { from, to, scale }: { readonly from: I32; readonly to: I32; readonly scale: I32 },
): void {
  const source = f.let("source", from);
  const end = f.let("sourceEnd", plus(source, 4 * depth));
  const most = f.let("most", f32x4.all(0));
  f.doWhile(
    () => {
      f.set(most, f32x4.max(most, f32x4.abs(v128.load(source))));
      f.set(source, plus(source, 16));
    },
    () => i32.ltU(source, end),
  );
  const whole = f.let("largest", f32x4.splat(maxLanes(most)));
  const inverse = f.let("inverse", f32x4.div(f32x4.all(127), whole));
  f.storeFloat(scale, f32x4.extract(f32x4.div(whole, f32x4.all(127)), 0));
  const target = f.let("target", to);
  f.set(source, plus(end, -4 * depth));
  const words = (offset: number) =>
    i32x4.truncate(
      f32x4.max(
        f32x4.min(f32x4.nearest(f32x4.mul(v128.load(source, offset), inverse)), f32x4.all(127)),
        f32x4.all(-127),
      ),
    );
  f.doWhile(
    () => {
      f.storeVector(target, i16x8.narrow(words(0), words(16)));
      f.set(source, plus(source, 32));
      f.set(target, plus(target, 16));
    },
    () => i32.ltU(source, end),
  );
}

/** Two depths of eight columns become eight pairs, so that a product takes both at once. */
function unpackPanel(f: FunctionWriter, depth: number, codes: I32, target: I32): void {
  const from = f.let("codes", codes);
  const to = f.let("unpacked", target);
  const end = f.let("codesEnd", plus(from, depth * panelWidth));
  const pairs = Array.from({ length: 16 }, (_, i) => (i >> 1) + panelWidth * (i & 1));
  f.doWhile(
    () => {
      const loaded = f.let("loaded", v128.load(from));
      const both = f.let("both", i8x16.shuffle(loaded, loaded, pairs));
      f.storeVector(to, i16x8.extendLow(both));
      f.storeVector(to, i16x8.extendHigh(both), 16);
      f.set(from, plus(from, 2 * panelWidth));
      f.set(to, plus(to, pairPitch));
    },
    () => i32.ltU(from, end),
  );
}

/** Sums of a tile's products; 2^31 are 133,000 of the largest. */
function multiplyInt8(
  f: FunctionWriter,
  rows: number,
  tile: { readonly a: I32; readonly panel: I32; readonly depth: number },
): Variable<"v128">[][] {
  const a = f.let("pa", tile.a);
  const panel = f.let("pb", tile.panel);
  const end = f.let("end", plus(panel, (tile.depth / 2) * pairPitch));
  const sums = Array.from({ length: rows }, (_, row) =>
    [0, 1].map((half) => f.let(`sum${row}_${half}`, i32x4.all(0))),
  );
  f.doWhile(
    () => {
      const halves = [0, 1].map((half) => f.let(`b${half}`, v128.load(panel, 16 * half)));
      for (let row = 0; row < rows; row++) {
        const pair = f.let("a", v128.loadSplat(a, row * wordBytes * tile.depth));
        halves.forEach((b, half) =>
          f.set(sums[row]![half]!, i32x4.add(sums[row]![half]!, i32x4.dot(pair, b))),
        );
      }
      f.set(a, plus(a, 2 * wordBytes));
      f.set(panel, plus(panel, pairPitch));
    },
    () => i32.ltU(panel, end),
  );
  return sums;
}
