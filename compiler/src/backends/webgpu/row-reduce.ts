/**
 * Norms and means: `lanes` threads share a row, which is read again for each pass rather
 * than kept (it stays in cache).
 */
import { valueOf } from "../../ir/extent.ts";
import { rowOperands } from "../../kernels/operands.ts";
import type { MeanProblem, RowReduceProblem } from "../../kernels/problem.ts";
import { rowLayout, type EmitContext, type Emitted } from "./emitted.ts";
import { declareOperands } from "./operands.ts";
import { reduceLanes, type SharedLanes } from "./reduce.ts";
import type { ReduceConfig } from "./select.ts";
import { KernelWriter } from "./wgsl/kernel-writer.ts";
import { float, or, u32, vec4, type F32, type Float, type Node, type U32 } from "./wgsl/nodes.ts";

/** Of a workgroup, unless its threads are the lanes of one row. */
const fullGroup = 64;

export function emitRowReduce(
  problem: RowReduceProblem,
  { lanes, subgroups }: ReduceConfig,
  context: EmitContext,
): Emitted {
  if (problem.kind === "mean") return emitMean(problem, context);
  const { kind, width, epsilon } = problem;
  const rows = valueOf(problem.rows, context.symbols);
  const f = new KernelWriter();
  const affine = ["weight", "bias"].slice(0, context.views.length - 2);
  const operands = declareOperands(
    f,
    context.views,
    ["x", ...affine, "y"].map((name) => ({ name, steps: [width] })),
  );
  const { x, weight, bias, out } = rowOperands(problem, operands);
  const type: Float = operands.every((o) => o.vectors) ? "vec4f" : "f32";
  const step = type === "vec4f" ? 4 : 1;
  const count = width / step;
  const threads = subgroups ? lanes : Math.max(fullGroup, lanes);
  const rowsPerGroup = threads / lanes;
  const scratch =
    lanes > 1 ? f.workgroup("scratch", "f32", threads) : { name: "", element: "f32" as const };

  const lane = lanes === 1 ? u32.const(0) : f.let("lane", u32.rem(f.local.x, u32.const(lanes)));
  const inGroup = f.let("in_group", u32.div(f.local.x, u32.const(lanes)));
  const unclamped = f.let("row", u32.add(u32.mul(f.group.x, u32.const(rowsPerGroup)), inGroup));
  // All threads reach the barriers; rows past the last repeat it, with the same result.
  const row =
    rows % rowsPerGroup === 0
      ? unclamped
      : f.let("clamped", u32.min(unclamped, u32.const(rows - 1)));
  const first = f.let("first", u32.mul(inGroup, u32.const(lanes)));
  const shared: SharedLanes = { lane, lanes, first, subgroups };
  const each = (body: (value: Node<Float>, unit: U32) => void): void =>
    f.forRange("unit", lane, u32.const(count), lanes, (unit) =>
      body(
        f.let(
          "value",
          x.loadAs(f, type, [
            [row, width],
            [unit, step],
          ]),
        ),
        unit,
      ),
    );
  const sum = (term: (value: Node<Float>) => Node<Float>): F32 => {
    const partial = f.var("partial", float.const(type, 0));
    each((value) => f.accumulate(partial, term(value)));
    return reduceLanes(f, scratch, shared, float.sum(partial), "add");
  };
  const all = (value: F32): Node<Float> => float.splat<Float>(type, value);
  const put = (unit: U32, value: Node<Float>): void =>
    out.storeAs(
      f,
      [
        [row, width],
        [unit, step],
      ],
      value,
    );

  const perWidth = (total: F32): F32 => float.div(total, float.const("f32", width));
  const mean =
    kind === "layer_norm" ? f.let("mean", all(perWidth(sum((value) => value)))) : undefined;
  const centred = (value: Node<Float>): Node<Float> => (mean ? float.sub(value, mean) : value);
  const squares = sum((value) => {
    const difference = f.let("difference", centred(value));
    return float.mul(difference, difference);
  });
  const under =
    kind === "l2_normalize" ? squares : float.add(perWidth(squares), float.const("f32", epsilon));
  const scale = f.let("scale", all(float.div(float.const("f32", 1), float.sqrt(under))));
  each((value, unit) => {
    const normal = float.mul(centred(value), scale);
    const scaled = weight ? float.mul(normal, weight.loadAs(f, type, [[unit, step]])) : normal;
    put(unit, bias ? float.add(scaled, bias.loadAs(f, type, [[unit, step]])) : scaled);
  });
  return {
    code: f.print([threads, 1]),
    choice:
      `${lanes} threads a row, ${rowsPerGroup} rows a ` +
      `workgroup${subgroups ? ", reduced by subgroups" : ""}`,
    grid: [{ of: problem.rows, per: rowsPerGroup }],
    extents: [],
    layouts: [undefined, ...affine.map(() => rowLayout), undefined],
  };
}

/** A thread per channels of an output row; with a mask, rows below zero do not count. */
function emitMean(problem: MeanProblem, { views, symbols }: EmitContext): Emitted {
  const { rows: outer, width, reduced: tokens } = problem;
  const rows = valueOf(outer, symbols);
  const f = new KernelWriter();
  const operands = declareOperands(f, views, [
    { name: "x", steps: [width] },
    ...(problem.mask ? [{ name: "mask", steps: [1] }] : []),
    { name: "y", steps: [width] },
  ]);
  const { x, mask, out } = rowOperands(problem, operands);
  const type: Float = x.vectors && out.vectors ? "vec4f" : "f32";
  const step = type === "vec4f" ? 4 : 1;
  const unit = f.let("unit", u32.add(u32.mul(f.group.x, u32.const(fullGroup)), f.local.x));
  const row = f.let("row", f.group.y);
  f.if(or(u32.ge(unit, u32.const(width / step)), u32.ge(row, u32.const(rows))), () => f.return());
  const sum = f.var("sum", float.const(type, 0));
  const counted = f.var("counted", float.const("f32", mask ? 0 : tokens));
  f.forRange("token", u32.const(0), u32.const(tokens), 1, (token) => {
    const add = (): void => {
      const at = u32.add(u32.mul(row, u32.const(tokens)), token);
      f.accumulate(
        sum,
        x.loadAs(f, type, [
          [at, width],
          [unit, step],
        ]),
      );
      if (mask) f.accumulate(counted, float.const("f32", 1));
    };
    if (!mask) return add();
    const hidden = mask.load(f, [
      [row, tokens],
      [token, 1],
    ]);
    f.if(float.atLeast(hidden, float.const("f32", 0)), add);
  });
  const mean =
    type === "vec4f"
      ? vec4.scale(float.div(float.const("f32", 1), counted), sum as Node<"vec4f">)
      : float.div(sum as F32, counted);
  out.storeAs(
    f,
    [
      [row, width],
      [unit, step],
    ],
    mean as Node<Float>,
  );
  return {
    code: f.print([fullGroup, 1]),
    choice: `a thread per ${step === 4 ? "four channels" : "channel"}`,
    grid: [
      { of: width / step, per: fullGroup },
      { of: outer, per: 1 },
    ],
    extents: [],
    layouts: views.map(() => undefined),
  };
}
