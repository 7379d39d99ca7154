/**
 * Gemm with a B that the run computes: a thread per element. Small, and both sizes may be symbolic.
 */
import { gemmOperands, operandNamed } from "../../kernels/operands.ts";
import type { GemmProblem } from "../../kernels/problem.ts";
import { rowLayout, type EmitContext, type Emitted } from "./emitted.ts";
import { declareOperands, type Terms } from "./operands.ts";
import { renderExpression } from "./render-expression.ts";
import { KernelWriter } from "./wgsl/kernel-writer.ts";
import { float, or, sizesOf, u32, type U32 } from "./wgsl/nodes.ts";

const threads = [8, 8] as const;

export function emitGemmActivation(problem: GemmProblem, { views }: EmitContext): Emitted {
  const { a: shape, depth, epilogueOperands } = problem;
  if (shape.kind !== "rows") throw new Error("internal: patches meet a weight only");
  const f = new KernelWriter();
  // Columns of the output are known to a run alone, so whatever is addressed by them is read one by
  // one.
  const operands = declareOperands(f, views, [
    { name: "a", steps: [shape.stride, depth] },
    { name: "b", steps: [depth] },
    ...epilogueOperands.map((o) => ({ name: o.name, steps: [1] })),
    { name: "c", steps: [1] },
  ]);
  const { a, b, epilogue, c } = gemmOperands(problem, operands);
  const extents = [problem.rows, problem.columns];
  const [rows, columns] = sizesOf(f.uniform("sizes")) as [U32, U32];
  const row = f.let("row", u32.add(u32.mul(f.group.y, u32.const(threads[1])), f.local.y));
  const column = f.let("column", u32.add(u32.mul(f.group.x, u32.const(threads[0])), f.local.x));
  f.if(or(u32.ge(row, rows), u32.ge(column, columns)), () => f.return());
  const type = a.vectors && b.vectors ? "vec4f" : "f32";
  const step = type === "vec4f" ? 4 : 1;
  const sum = f.var("sum", float.const(type, 0));
  f.forRange("k", u32.const(0), u32.const(depth / step), 1, (k) => {
    f.accumulate(
      sum,
      float.mul(
        a.loadAs(f, type, [
          [row, shape.stride],
          [k, step],
        ]),
        b.loadAs(f, type, [
          [column, depth],
          [k, step],
        ]),
      ),
    );
  });
  const at = f.let("at_element", u32.add(u32.mul(row, columns), column));
  const value = renderExpression(f, "f32", problem.epilogue, {
    accumulator: f.let("total", float.sum(sum)),
    operand: (name) => {
      const { place, operand } = operandNamed(epilogue, name);
      const inRow: Terms = [
        [u32.add(u32.mul(u32.rem(row, u32.const(place.period ?? 1)), columns), column), 1],
      ];
      return operand.load(
        f,
        place.index === "scalar"
          ? []
          : place.index === "column"
            ? [[column, 1]]
            : place.index === "element"
              ? [[at, 1]]
              : inRow,
      );
    },
  });
  c.store(f, [[at, 1]], value);
  return {
    code: f.print(threads),
    choice: "a thread per element",
    grid: [
      { of: problem.columns, per: threads[0] },
      { of: problem.rows, per: threads[1] },
    ],
    extents,
    layouts: [undefined, rowLayout, ...epilogueOperands.map(() => rowLayout), undefined],
  };
}
