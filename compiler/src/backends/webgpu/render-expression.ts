/** Renders a scalar expression on a float32 or four, and finds where its operands lie. */
import type { Expression } from "../../expr/expression.ts";
import type { EpilogueOperand } from "../../kernels/problem.ts";
import { applyUnary } from "./math.ts";
import type { Operand, Terms } from "./operands.ts";
import type { KernelWriter } from "./wgsl/kernel-writer.ts";
import { float, u32, type Float, type Node, type U32 } from "./wgsl/nodes.ts";

/** Renders an expression. Each subexpression is named once, however often it is used. */
export function renderExpression<T extends Float>(
  f: KernelWriter,
  type: T,
  expression: Expression,
  environment: { readonly accumulator?: Node<T>; readonly operand: (name: string) => Node<T> },
): Node<T> {
  const known = new Map<string, Node<T>>();
  const render = (e: Expression): Node<T> => {
    if (e.kind === "constant") return float.const(type, e.value);
    if (e.kind === "accumulator") {
      if (!environment.accumulator) throw new Error("internal: accumulator has no value");
      return environment.accumulator;
    }
    const key = JSON.stringify(e);
    const seen = known.get(key);
    if (seen) return seen;
    const value =
      e.kind === "operand"
        ? environment.operand(e.name)
        : e.kind === "unary"
          ? applyUnary(f, e.function, render(e.x))
          : float[e.function](render(e.x), render(e.y));
    const named = f.let(e.kind === "operand" ? e.name : `v_${e.function}`, value);
    known.set(key, named);
    return named;
  };
  return render(expression);
}

/**
 * Loads the elements of an epilogue's operand at (row, 4 * quad) or (row, column). `column` counts
 * elements times `step`.
 */
export function loadEpilogue<T extends Float>(
  f: KernelWriter,
  type: T,
  operand: Operand,
  place: EpilogueOperand,
  row: U32,
  column: U32,
  columns: number,
  valid = 4,
): Node<T> {
  const step = type === "f32" ? 1 : 4;
  if (place.index === "scalar") return float.splat(type, operand.load(f, []));
  const across: Terms = [[column, step]];
  const terms: Terms =
    place.index === "column"
      ? across
      : [
          [place.index === "periodic" ? u32.rem(row, u32.const(place.period)) : row, columns],
          ...across,
        ];
  return (type === "f32"
    ? operand.load(f, terms)
    : operand.load4(f, terms, valid)) as Node<Float> as Node<T>;
}

/** The steps of an epilogue operand's addresses. */
export const epilogueSteps = (place: EpilogueOperand, columns: number): readonly number[] =>
  place.index === "scalar"
    ? [1]
    : place.index === "column"
      ? [columns % 4 === 0 ? 4 : 1]
      : [columns];
