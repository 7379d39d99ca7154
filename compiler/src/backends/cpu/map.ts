/** Elementwise expressions and strided copies: a unit is one row. */
import type { WeightLayout } from "@sigil/spec";
import { mapOperands, operandNamed } from "../../kernels/operands.ts";
import type { MapProblem, PlacedOperand, StridedRows } from "../../kernels/problem.ts";
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

export function emitMap(name: string, problem: MapProblem<PlacedOperand>): Emitted {
  const { width } = problem;
  const { f, operands, extents, begin, end } = kernelWriter(
    name,
    [...problem.operands.map((o) => o.name), "out"],
    [],
  );
  const { inputs, out } = mapOperands(problem, operands);
  f.forRange("row", begin, end, 1, (row) => {
    const start = f.let("start", times(row, 4 * width));
    const offsets = new Map(
      inputs.flatMap(({ place }) =>
        place.index === "strided"
          ? [[place.name, f.let(`${place.name}_row`, rowOffset(place, row))]]
          : [],
      ),
    );
    const starts = (name: string, operand: I32): I32 => {
      const offset = offsets.get(name);
      return offset ? i32.add(operand, offset) : operand;
    };
    const written = problem.written && {
      ...problem.written,
      to: f.let("to", rowOffset(problem.written, row)),
    };
    forLanes(f, width, (byte, lanes) => {
      const bytes = f.let("bytes", i32.add(start, byte));
      const value = renderExpression(f, problem.expression, {
        operand: (name) => {
          const { place, operand } = operandNamed(inputs, name);
          if (place.index === "strided")
            return v128.load(i32.add(starts(name, operand), byte), 4 * place.first);
          return loadOperand(operand, place, {
            row,
            columns: i32.const(width),
            bytes,
            columnBytes: byte,
            elementOffset: 0,
            columnOffset: 0,
          });
        },
      });
      const at = written ? i32.add(i32.add(written.to, byte), i32.const(4 * written.first)) : bytes;
      f.storeLanes(i32.add(out, at), value, lanes);
    });
  });
  const rows: WeightLayout = { kind: "rows" };
  return {
    wat: f.print(),
    choice: "rows of four lanes",
    units: { of: problem.rows, per: 1 },
    extents,
    scratchBytes: 0,
    layouts: [...inputs.map(() => rows), undefined],
  };
}
