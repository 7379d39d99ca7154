/** Norms and means: a unit is one row (for `mean`, one outer index). */
import type { WeightLayout } from "@sigil/spec";
import { rowOperands } from "../../kernels/operands.ts";
import type { RowReduceProblem } from "../../kernels/problem.ts";
import { kernelWriter, type Emitted } from "./kernel.ts";
import { forLanes, rowStart, tailMask } from "./rows.ts";
import { sumLanes, type FunctionWriter, type Variable } from "./wat/function-writer.ts";
import { f32, f32x4, i32, v128, type I32, type V128 } from "./wat/nodes.ts";

const masked = (x: V128, lanes: number): V128 => (lanes === 4 ? x : v128.and(x, tailMask(lanes)));

/** The sum over a row of `term` of its elements. */
function rowSum(
  f: FunctionWriter,
  width: number,
  x: I32,
  term: (value: Variable<"v128">) => V128,
): Variable<"f32"> {
  const sum = f.let("sum", f32x4.all(0));
  forLanes(f, width, (byte, lanes) => {
    const value = f.let("value", v128.load(i32.add(x, byte)));
    f.set(sum, f32x4.add(sum, masked(term(value), lanes)));
  });
  return f.let("total", sumLanes(sum));
}

/** Each element, changed and stored. */
function rowMap(
  f: FunctionWriter,
  width: number,
  x: I32,
  out: I32,
  change: (value: V128, byte: I32) => V128,
): void {
  forLanes(f, width, (byte, lanes) =>
    f.storeLanes(
      i32.add(out, byte),
      f.let("value", change(v128.load(i32.add(x, byte)), byte)),
      lanes,
    ),
  );
}

/** The mean of `reduced` rows; with a mask, of those whose value is not below zero. */
function meanRow(
  f: FunctionWriter,
  width: number,
  reduced: number,
  x: I32,
  mask: I32 | undefined,
  out: I32,
): void {
  forLanes(f, width, (byte, lanes) => {
    const sum = f.let("sum", f32x4.all(0));
    const count = f.let("count", f32x4.all(0));
    const from = f.let("from", i32.add(x, byte));
    f.forRange("token", i32.const(0), i32.const(reduced), 1, (token) => {
      const hidden =
        mask &&
        f.let(
          "hidden",
          f32x4.lt(v128.loadSplat(i32.add(mask, i32.mul(token, i32.const(4)))), f32x4.all(0)),
        );
      const counted = (value: V128): V128 => (hidden ? v128.andNot(value, hidden) : value);
      f.set(sum, f32x4.add(sum, counted(v128.load(from))));
      f.set(count, f32x4.add(count, counted(f32x4.all(1))));
      f.set(from, i32.add(from, i32.const(4 * width)));
    });
    f.storeLanes(i32.add(out, byte), f.let("mean", f32x4.div(sum, count)), lanes);
  });
}

/**
 * Emits a norm or a mean. `operands` is the number of the problem's operands: input, [weight,
 * [bias]], output.
 */
export function emitRowReduce(
  name: string,
  problem: RowReduceProblem,
  operandCount: number,
): Emitted {
  const { kind, width, epsilon } = problem;
  const names = [
    "x",
    ...(problem.mask ? ["mask"] : ["weight", "bias"].slice(0, operandCount - 2)),
    "out",
  ];
  const { f, operands, extents, begin, end } = kernelWriter(name, names, []);
  const given = rowOperands(problem, operands);
  const { mask, weight, bias } = given;
  const affine = (value: V128, byte: I32): V128 => {
    const scaled = weight ? f32x4.mul(value, v128.load(i32.add(weight, byte))) : value;
    return bias ? f32x4.add(scaled, v128.load(i32.add(bias, byte))) : scaled;
  };
  f.forRange("row", begin, end, 1, (row) => {
    const x = rowStart(f, "from", given.x, row, width * (problem.reduced ?? 1));
    const out = rowStart(f, "to", given.out, row, width);
    if (problem.kind === "mean")
      meanRow(
        f,
        width,
        problem.reduced,
        x,
        mask && rowStart(f, "masks", mask, row, problem.reduced),
        out,
      );
    else {
      const perWidth = (total: Variable<"f32">): V128 =>
        f32x4.splat(f32.div(total, f32.const(width)));
      const mean =
        kind === "layer_norm"
          ? f.let("mean", perWidth(rowSum(f, width, x, (value) => value)))
          : undefined;
      const centred = (value: V128): V128 => (mean ? f32x4.sub(value, mean) : value);
      const squares = rowSum(f, width, x, (value) => {
        const difference = f.let("difference", centred(value));
        return f32x4.mul(difference, difference);
      });
      const divisor = f32x4.sqrt(
        kind === "l2_normalize"
          ? f32x4.splat(squares)
          : f32x4.add(perWidth(squares), f32x4.all(epsilon)),
      );
      const scale = f.let("scale", f32x4.div(f32x4.all(1), divisor));
      rowMap(f, width, x, out, (value, byte) => affine(f32x4.mul(centred(value), scale), byte));
    }
  });
  const rows: WeightLayout = { kind: "rows" };
  return {
    wat: f.print(),
    choice: "rows of four lanes",
    units: { of: problem.rows, per: 1 },
    extents,
    scratchBytes: 0,
    layouts: operands.map((operand) => (operand === weight || operand === bias ? rows : undefined)),
  };
}
