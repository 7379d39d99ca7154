/** Renders a scalar expression on four lanes, and finds where its operands lie. */
import type { Expression } from "../../expr/expression.ts";
import type { EpilogueOperand } from "../../kernels/problem.ts";
import { applyUnary } from "./math.ts";
import type { FunctionWriter, Variable } from "./wat/function-writer.ts";
import { f32x4, i32, v128, type I32, type V128 } from "./wat/nodes.ts";

/**
 * Renders an expression. Each subexpression becomes a local variable once, however often it is
 * used.
 */
export function renderExpression(
  f: FunctionWriter,
  expression: Expression,
  environment: { readonly accumulator?: V128; readonly operand: (name: string) => V128 },
): Variable<"v128"> {
  const known = new Map<string, Variable<"v128">>();
  const render = (e: Expression): V128 => {
    if (e.kind === "constant") return f32x4.all(e.value);
    if (e.kind === "accumulator") {
      if (!environment.accumulator) throw new Error("internal: accumulator has no value");
      return environment.accumulator;
    }
    const key = JSON.stringify(e);
    let variable = known.get(key);
    if (!variable) {
      const value =
        e.kind === "operand"
          ? environment.operand(e.name)
          : e.kind === "unary"
            ? applyUnary(e.function, render(e.x))
            : f32x4[e.function](render(e.x), render(e.y));
      known.set(key, (variable = f.let(e.kind === "operand" ? e.name : e.function, value)));
    }
    return variable;
  };
  const value = render(expression);
  return f.let("value", value);
}

/**
 * Where four columns of a row begin: `bytes` is (row * columns + column) * 4, `columnBytes` is
 * column * 4.
 */
export interface ElementPlace {
  readonly row: I32;
  readonly columns: I32;
  readonly bytes: I32;
  readonly columnBytes: I32;
  /** Added to the address of everything but a scalar and, for `bytes`, to the row as well. */
  readonly elementOffset: number;
  readonly columnOffset: number;
}

/** Loads four values of an operand. Lanes past the last column have whatever follows in memory. */
export function loadOperand(pointer: I32, operand: EpilogueOperand, place: ElementPlace): V128 {
  switch (operand.index) {
    case "scalar":
      return v128.loadSplat(pointer);
    case "column":
      return v128.load(i32.add(pointer, place.columnBytes), place.columnOffset);
    case "element":
      return v128.load(i32.add(pointer, place.bytes), place.elementOffset);
    case "periodic": {
      const row = i32.remU(place.row, i32.const(operand.period));
      return v128.load(
        i32.add(
          pointer,
          i32.add(i32.mul(row, i32.mul(place.columns, i32.const(4))), place.columnBytes),
        ),
        place.columnOffset,
      );
    }
  }
}
