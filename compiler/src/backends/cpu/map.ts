/** Elementwise expressions and strided copies: a unit is one row. */
import type { WeightLayout } from "@sigil/spec";
import type { MapProblem } from "../../kernels/problem.ts";
import { kernelWriter, times, type Emitted } from "./kernel.ts";
import { loadOperand, renderExpression } from "./render-expression.ts";
import { forLanes } from "./rows.ts";
import { i32, v128 } from "./wat/nodes.ts";

export function emitMap(name: string, problem: MapProblem): Emitted {
  const { width } = problem;
  const { f, operands, extents, begin, end } = kernelWriter(
    name,
    [...problem.operands.map((o) => o.name), "out"],
    [],
  );
  f.forRange("row", begin, end, 1, (row) => {
    const start = f.let("start", times(row, 4 * width));
    forLanes(f, width, (byte, lanes) => {
      const bytes = f.let("bytes", i32.add(start, byte));
      const value = renderExpression(f, problem.expression, {
        operand: (operand) => {
          const i = problem.operands.findIndex((o) => o.name === operand);
          const place = problem.operands[i]!;
          if (place.index === "strided")
            return v128.load(
              i32.add(i32.add(operands[i]!, times(row, 4 * place.stride)), byte),
              4 * place.first,
            );
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
      f.storeLanes(i32.add(operands.at(-1)!, bytes), value, lanes);
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
