/**
 * Elementwise expressions and strided copies: a thread per four elements, or per element where rows
 * do not divide.
 */
import { valueOf } from "../../ir/extent.ts";
import { mapOperands, operandNamed } from "../../kernels/operands.ts";
import type { MapProblem, PlacedOperand, StridedRows } from "../../kernels/problem.ts";
import { rowLayout, type EmitContext, type Emitted } from "./emitted.ts";
import { declareOperands, type Terms } from "./operands.ts";
import { epilogueSteps, loadEpilogue, renderExpression } from "./render-expression.ts";
import { KernelWriter } from "./wgsl/kernel-writer.ts";
import { or, u32, type Float, type U32 } from "./wgsl/nodes.ts";

const threads = [16, 4] as const;

const stepsOf = ({ stride, first, lines }: StridedRows): readonly number[] => [
  stride,
  first,
  ...(lines ? [lines.stride] : []),
];

/** Where a row begins. */
function rowTerms({ stride, first, lines, period }: StridedRows, row: U32): Terms {
  const own = period === undefined ? row : u32.rem(row, u32.const(period));
  const start = [u32.const(1), first] as const;
  if (!lines) return [[own, stride], start];
  return [
    [u32.div(own, u32.const(lines.of)), lines.stride],
    [u32.rem(own, u32.const(lines.of)), stride],
    start,
  ];
}

export function emitMap(
  problem: MapProblem<PlacedOperand>,
  { views, symbols }: EmitContext,
): Emitted {
  const { width } = problem;
  const rows = valueOf(problem.rows, symbols);
  const f = new KernelWriter();
  const operands = declareOperands(f, views, [
    ...problem.operands.map((o) => ({
      name: o.name,
      steps: o.index === "strided" ? [...stepsOf(o), width] : epilogueSteps(o, width),
    })),
    { name: "y", steps: problem.written ? [...stepsOf(problem.written), width] : [width] },
  ]);
  const { inputs, out } = mapOperands(problem, operands);
  const whole = inputs.every(({ place, operand }) => operand.vectors || place.index === "scalar");
  const type: Float = out.vectors && whole ? "vec4f" : "f32";
  const step = type === "vec4f" ? 4 : 1;
  const unit = f.let("unit", u32.add(u32.mul(f.group.x, u32.const(threads[0])), f.local.x));
  const row = f.let("row", u32.add(u32.mul(f.group.y, u32.const(threads[1])), f.local.y));
  f.if(or(u32.ge(unit, u32.const(width / step)), u32.ge(row, u32.const(rows))), () => f.return());
  const value = renderExpression<Float>(f, type, problem.expression, {
    operand: (name) => {
      const { place, operand } = operandNamed(inputs, name);
      if (place.index === "strided")
        return operand.loadAs(f, type, [...rowTerms(place, row), [unit, step]]);
      return loadEpilogue(f, type, operand, place, row, unit, width);
    },
  });
  out.storeAs(
    f,
    [...rowTerms(problem.written ?? { stride: width, first: 0 }, row), [unit, step]],
    value,
  );
  return {
    code: f.print(threads),
    choice: `a thread per ${step === 4 ? "four elements" : "element"}`,
    grid: [
      { of: width / step, per: threads[0] },
      { of: problem.rows, per: threads[1] },
    ],
    extents: [],
    layouts: [...inputs.map(() => rowLayout), undefined],
  };
}
