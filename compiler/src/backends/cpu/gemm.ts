/**
 * Gemm with a packed weight. A unit is one panel of eight columns: blocks of rows that stay in the
 * second-level cache pass
 * all the panels of a call, a panel block stays in the first-level cache, a 4 x 8 tile in
 * registers.
 */
import type { WeightLayout } from "@sigil/spec";
import { gemmOperands } from "../../kernels/operands.ts";
import type { GemmProblem } from "../../kernels/problem.ts";
import { kernelWriter, plus, times, type EmitOptions, type Emitted } from "./kernel.ts";
import { finishTile } from "./finish-tile.ts";
import { emitGemmInt8 } from "./gemm-int8.ts";
import { gatherPatches } from "./patches.ts";
import { select } from "./select.ts";
import { clearSums, forRowBlocks, multiplyTile, panelPitch, panelWidth } from "./tile.ts";
import { unpackedPanel } from "./unpack.ts";
import { i32, v128, type I32 } from "./wat/nodes.ts";

export function emitGemm(name: string, problem: GemmProblem, { madd }: EmitOptions): Emitted {
  if (problem.b.kind !== "weight" || typeof problem.columns !== "number")
    throw new Error("internal: a packed Gemm needs a weight");
  const { storage, activations } = problem.b;
  if (activations === "int8") return emitGemmInt8(name, problem);
  const { columns, depth, a: shape } = problem;
  const { mr, mBlock, kBlock, kBlocks } = select(problem);
  const { f, operands, extents, extent, scratch, begin, end } = kernelWriter(
    name,
    ["a", "b", ...problem.epilogueOperands.map((o) => o.name), "c"],
    [problem.rows],
  );
  const { a, b, epilogue, c } = gemmOperands(problem, operands);
  const rows = extent(problem.rows);
  const stride = 4 * (shape.kind === "rows" ? shape.stride : depth);

  const sumBytes = kBlocks > 1 ? mBlock * panelPitch : 0;
  const panelBytes = storage === "float32" ? 0 : depth * panelPitch;
  const gatherBytes = shape.kind === "rows" ? 0 : mBlock * depth * 4;

  f.forRange("block", i32.const(0), rows, mBlock, (block) => {
    const blockEnd = f.let("blockEnd", i32.min(plus(block, mBlock), rows));
    const blockRows = f.let(
      "blockRows",
      shape.kind === "rows"
        ? i32.add(a, times(block, stride))
        : plus(scratch, sumBytes + panelBytes),
    );
    if (shape.kind !== "rows") gatherPatches(f, shape, a, block, blockEnd, blockRows);

    f.forRange("panel", begin, end, 1, (index) => {
      const panel = unpackedPanel(
        f,
        { storage, rows: columns, depth },
        b,
        index,
        plus(scratch, sumBytes),
      );
      const columnBytes = f.let("columnBytes", times(index, 4 * panelWidth));
      const sumsAt = (row: I32): I32 => i32.add(scratch, times(i32.sub(row, block), panelPitch));
      const rowAt = (row: I32, k: I32): I32 =>
        i32.add(i32.add(blockRows, times(i32.sub(row, block), stride)), times(k, 4));

      if (kBlocks > 1) {
        f.comment("all blocks of the depth but the last: the sums wait in scratch");
        f.fillZero(scratch, i32.const(sumBytes));
        f.forRange("k", i32.const(0), i32.const(kBlock * (kBlocks - 1)), kBlock, (k) => {
          const row = f.let("row", block);
          forRowBlocks(f, mr, row, blockEnd, (count) => {
            const waiting = f.let("waiting", sumsAt(row));
            const sums = clearSums(f, count, (r, half) =>
              v128.load(waiting, r * panelPitch + 16 * half),
            );
            multiplyTile(
              f,
              {
                rows: count,
                a: rowAt(row, k),
                stride,
                panel: i32.add(panel, times(k, panelPitch)),
                depth: kBlock,
                madd,
              },
              sums,
            );
            sums.forEach((pair, r) =>
              pair.forEach((sum, half) => f.storeVector(waiting, sum, r * panelPitch + 16 * half)),
            );
          });
        });
      }

      const first = kBlock * (kBlocks - 1);
      const row = f.let("row", block);
      forRowBlocks(f, mr, row, blockEnd, (count) => {
        const waiting = kBlocks > 1 ? f.let("waiting", sumsAt(row)) : undefined;
        const sums = clearSums(
          f,
          count,
          waiting && ((r, half) => v128.load(waiting, r * panelPitch + 16 * half)),
        );
        multiplyTile(
          f,
          {
            rows: count,
            a: rowAt(row, i32.const(first)),
            stride,
            panel: plus(panel, first * panelPitch),
            depth: depth - first,
            madd,
          },
          sums,
        );
        finishTile(
          f,
          problem,
          { row, rows: count, panel: index, columnBytes, columns, epilogue, c },
          (r, half) => sums[r]![half]!,
        );
      });
    });
  });
  const layout: WeightLayout = { kind: "panels", width: panelWidth, storage };
  return {
    wat: f.print(),
    choice:
      `tile ${mr}x${panelWidth}, ${mBlock} rows a block, depth ${depth} in ${kBlocks} blocks ` +
      `of ${kBlock}`,
    units: { of: columns, per: panelWidth },
    extents,
    scratchBytes: sumBytes + panelBytes + gatherBytes,
    layouts: [
      undefined,
      layout,
      ...problem.epilogueOperands.map((): WeightLayout => ({ kind: "rows" })),
      undefined,
    ],
  };
}
