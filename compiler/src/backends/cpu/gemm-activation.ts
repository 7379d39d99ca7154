/**
 * Gemm with a B that the run computes: one dot product at a time, a unit being a row of A. Small,
 * and both sizes may be symbolic.
 */
import type { WeightLayout } from "@sigil/spec";
import { gemmOperands, operandNamed } from "../../kernels/operands.ts";
import type { GemmProblem } from "../../kernels/problem.ts";
import { kernelWriter, times, type EmitOptions, type Emitted } from "./kernel.ts";
import { loadOperand, renderExpression } from "./render-expression.ts";
import { sumLanes } from "./wat/function-writer.ts";
import { f32x4, i32, v128 } from "./wat/nodes.ts";
import { tailMask } from "./rows.ts";

export function emitGemmActivation(
  name: string,
  problem: GemmProblem,
  { madd }: EmitOptions,
): Emitted {
  if (problem.a.kind !== "rows") throw new Error("internal: patches meet a weight only");
  const { depth, a: shape } = problem;
  const { f, operands, extents, extent, begin, end } = kernelWriter(
    name,
    ["a", "b", ...problem.epilogueOperands.map((o) => o.name), "c"],
    [problem.columns],
  );
  const { a, b, epilogue, c } = gemmOperands(problem, operands);
  const columns = extent(problem.columns);
  const whole = depth - (depth % 4);

  f.forRange("row", begin, end, 1, (row) => {
    f.forRange("column", i32.const(0), columns, 1, (column) => {
      const [x, y] = [
        f.let("x", i32.add(a, times(row, 4 * shape.stride))),
        f.let("y", i32.add(b, times(column, 4 * depth))),
      ];
      const sum = f.let("sum", f32x4.all(0));
      f.forRange("k", i32.const(0), i32.const(4 * whole), 16, (k) =>
        f.set(sum, madd(v128.load(i32.add(x, k)), v128.load(i32.add(y, k)), sum)),
      );
      if (whole < depth) {
        const mask = tailMask(depth - whole);
        f.set(
          sum,
          madd(
            v128.and(v128.load(x, 4 * whole), mask),
            v128.and(v128.load(y, 4 * whole), mask),
            sum,
          ),
        );
      }
      const bytes = f.let("bytes", times(i32.add(i32.mul(row, columns), column), 4));
      const place = {
        row,
        columns,
        bytes,
        columnBytes: times(column, 4),
        elementOffset: 0,
        columnOffset: 0,
      };
      const value = renderExpression(f, problem.epilogue, {
        accumulator: f.let("dot", f32x4.splat(sumLanes(sum))),
        operand: (name) => {
          const found = operandNamed(epilogue, name);
          return loadOperand(found.operand, found.place, place);
        },
      });
      f.storeLane(i32.add(c, bytes), value, 0);
    });
  });
  const rows: WeightLayout = { kind: "rows" };
  return {
    wat: f.print(),
    choice: "a dot product per element",
    units: { of: problem.rows, per: 1 },
    extents,
    scratchBytes: 0,
    layouts: [undefined, rows, ...problem.epilogueOperands.map(() => rows), undefined],
  };
}
