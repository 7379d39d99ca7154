/** Elementwise expressions and strided copies: a unit is one row. */
import type { WeightLayout } from "@sigil/spec";
import type { MapProblem, StridedRows } from "../../kernels/problem.ts";
import { kernelWriter, times, type Emitted } from "./kernel.ts";
import { loadOperand, renderExpression } from "./render-expression.ts";
import { forLanes } from "./rows.ts";
import { i32, v128, type I32 } from "./wat/nodes.ts";

/** Bytes from the first row to this one. */
function rowOffset({ stride, lines, period }: StridedRows, row: I32): I32 {
  const own = period === undefined ? row : i32.remU(row, i32.const(period));
  if (!lines) return times(own, 4 * stride);
  return i32.add(
    times(i32.divU(own, i32.const(lines.of)), 4 * lines.stride),
    times(i32.remU(own, i32.const(lines.of)), 4 * stride),
  );
}

export function emitMap(name: string, problem: MapProblem): Emitted {
  const { width } = problem;
  const { f, operands, extents, begin, end } = kernelWriter(
    name,
    [...problem.operands.map((o) => o.name), "out"],
    [],
  );
  f.forRange("row", begin, end, 1, (row) => {
    const start = f.let("start", times(row, 4 * width));
    const starts = problem.operands.map((o) =>
      o.index === "strided" ? f.let(`${o.name}_row`, rowOffset(o, row)) : undefined,
    );
    const to = problem.written && f.let("to", rowOffset(problem.written, row));
    forLanes(f, width, (byte, lanes) => {
      const bytes = f.let("bytes", i32.add(start, byte));
      const value = renderExpression(f, problem.expression, {
        operand: (operand) => {
          const i = problem.operands.findIndex((o) => o.name === operand);
          const place = problem.operands[i]!;
          if (place.index === "strided")
            return v128.load(i32.add(i32.add(operands[i]!, starts[i]!), byte), 4 * place.first);
          return loadOperand(operands[i]!, place, {
            row,
            columns: i32.const(width),
            bytes,
            columnBytes: byte,
            elementOffset: 0,
            columnOffset: 0,
          });
        },
      });
      const at = to ? i32.add(i32.add(to, byte), i32.const(4 * problem.written!.first)) : bytes;
      f.storeLanes(i32.add(operands.at(-1)!, at), value, lanes);
    });
  });
  const rows: WeightLayout = { kind: "rows" };
  return {
    wat: f.print(),
    choice: "rows of four lanes",
    units: { of: problem.rows, per: 1 },
    extents,
    scratchBytes: 0,
    layouts: operands.map((_, i) => (i < operands.length - 1 ? rows : undefined)),
  };
}
