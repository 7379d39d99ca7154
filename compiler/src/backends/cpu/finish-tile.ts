/** The end of a Gemm's register tile: its epilogue, and the columns that the matrix has. */
import { operandNamed, type gemmOperands } from "../../kernels/operands.ts";
import type { GemmProblem } from "../../kernels/problem.ts";
import { plus, times } from "./kernel.ts";
import { loadOperand, renderExpression } from "./render-expression.ts";
import { panelWidth } from "./tile.ts";
import type { FunctionWriter, Variable } from "./wat/function-writer.ts";
import { i32, type I32, type V128 } from "./wat/nodes.ts";

export interface FinishedTile {
  /** The first of `rows` rows. */
  readonly row: I32;
  readonly rows: number;
  readonly panel: I32;
  /** Of float32, from a row's beginning to the panel's first column. */
  readonly columnBytes: I32;
  /** Of the whole product. */
  readonly columns: number;
  readonly epilogue: ReturnType<typeof gemmOperands<Variable<"i32">>>["epilogue"];
  readonly c: I32;
}

/**
 * Applies the epilogue to a tile and stores it. `sums` are the products of each row with the first
 * or the second four columns.
 */
export function finishTile(
  f: FunctionWriter,
  problem: GemmProblem,
  { row, rows, panel, columnBytes, columns, epilogue, c }: FinishedTile,
  sums: (row: number, half: number) => V128,
): void {
  const bytes = f.let("bytes", i32.add(times(row, 4 * columns), columnBytes));
  const finish = (valid: number): void => {
    for (let r = 0; r < rows; r++)
      for (let half = 0; 4 * half < valid; half++) {
        const place = {
          row: plus(row, r),
          columns: i32.const(columns),
          bytes,
          columnBytes,
          elementOffset: 4 * r * columns + 16 * half,
          columnOffset: 16 * half,
        };
        const value = renderExpression(f, problem.epilogue, {
          accumulator: sums(r, half),
          operand: (name) => {
            const found = operandNamed(epilogue, name);
            return loadOperand(found.operand, found.place, place);
          },
        });
        f.storeLanes(i32.add(c, bytes), value, Math.min(4, valid - 4 * half), place.elementOffset);
      }
  };
  const tailColumns = columns % panelWidth || panelWidth;
  if (tailColumns === panelWidth) finish(panelWidth);
  else
    f.if(
      i32.eq(panel, i32.const(Math.floor(columns / panelWidth))),
      () => finish(tailColumns),
      () => finish(panelWidth),
    );
}
