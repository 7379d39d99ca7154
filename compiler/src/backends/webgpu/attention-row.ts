/**
 * Attention of a few queries (a pooling probe, the last token): a workgroup per query and head, its
 * scores in workgroup memory.
 */
import { multiply } from "../../ir/extent.ts";
import type { AttentionProblem } from "../../kernels/problem.ts";
import { attentionOperands, forQuads } from "./attention-operands.ts";
import type { EmitContext, Emitted } from "./emitted.ts";
import { reduceLanes } from "./reduce.ts";
import type { AttentionConfig } from "./select.ts";
import { element, KernelWriter } from "./wgsl/kernel-writer.ts";
import { and, float, lowest, u32, vec4 } from "./wgsl/nodes.ts";

export function emitAttentionRow(
  problem: AttentionProblem,
  { threads, subgroups }: Extract<AttentionConfig, { kind: "row" }>,
  context: EmitContext,
): Emitted {
  const { heads, queries, keys, scale } = problem;
  const f = new KernelWriter();
  const operands = attentionOperands(f, problem, context);
  const { q, k, v, mask, out, probabilities, quads, valid, place } = operands;
  const scores = f.workgroup("scores", "f32", keys);
  const partials = f.workgroup("partials", "vec4f", threads);
  const scratch = f.workgroup("scratch", "f32", threads);

  const batch = f.let("batch", u32.div(f.group.y, u32.const(heads)));
  const head = f.let("head", u32.rem(f.group.y, u32.const(heads)));
  const query = f.group.x;
  const row = f.let("row", u32.add(u32.mul(batch, u32.const(queries)), query));
  const queryRow = problem.sharedQuery ? query : row;
  const keyRow = (key: Parameters<typeof u32.add>[0]) =>
    f.let("key_row", u32.add(u32.mul(batch, u32.const(keys)), key));
  const lanes = { lane: f.local.x, lanes: threads, first: u32.const(0), subgroups };

  const most = f.var("most", float.const("f32", lowest));
  f.forRange("key", f.local.x, u32.const(keys), threads, (key) => {
    const from = keyRow(key);
    const dot = f.var("dot", float.const("f32", 0));
    forQuads(f, operands, (quad, lanesValid) =>
      f.accumulate(
        dot,
        vec4.dot(
          q.load4(f, place(queryRow, problem.queryStride, head, quad), lanesValid),
          k.load4(f, place(from, problem.keyStride, head, quad), lanesValid),
        ),
      ),
    );
    const scaled = float.mul(dot, float.const("f32", scale));
    const score = f.let("score", mask ? float.add(scaled, mask.load(f, [[from, 1]])) : scaled);
    f.store(scores, key, score);
    f.set(most, float.max(most, score));
  });
  const top = reduceLanes(f, scratch, lanes, most, "max");
  const sum = f.var("sum", float.const("f32", 0));
  f.forRange("key", f.local.x, u32.const(keys), threads, (key) => {
    const raised = f.let("raised", float.exp(float.sub(element(scores, key), top)));
    f.store(scores, key, raised);
    f.accumulate(sum, raised);
  });
  const inverse = f.let(
    "inverse",
    float.div(float.const("f32", 1), reduceLanes(f, scratch, lanes, sum, "add")),
  );
  if (probabilities)
    f.forRange("key", f.local.x, u32.const(keys), threads, (key) => {
      const at = u32.add(u32.mul(f.group.y, u32.const(queries)), query);
      probabilities.store(
        f,
        [
          [at, keys],
          [key, 1],
        ],
        float.mul(element(scores, key), inverse),
      );
    });

  f.comment("threads as (part of the keys, vector of the head)");
  const parts = Math.floor(threads / quads);
  const quad = f.let("own_quad", u32.rem(f.local.x, u32.const(quads)));
  const part = f.let("part", u32.div(f.local.x, u32.const(quads)));
  const partial = f.var("partial", vec4.zero);
  const lastValid = valid(quads - 1);
  const gather = (lanesValid: number): void =>
    f.forRange("key", part, u32.const(keys), parts, (key) =>
      f.accumulate(
        partial,
        vec4.scale(
          element(scores, key),
          v.load4(f, place(keyRow(key), problem.valueStride, head, quad), lanesValid),
        ),
      ),
    );
  const whole = u32.lt(quad, u32.const(lastValid === 4 ? quads : quads - 1));
  f.if(and(u32.lt(part, u32.const(parts)), whole), () => gather(4));
  if (lastValid !== 4)
    f.if(and(u32.lt(part, u32.const(parts)), u32.equal(quad, u32.const(quads - 1))), () =>
      gather(lastValid),
    );
  f.store(partials, f.local.x, partial);
  f.barrier();
  const finish = (lanesValid: number): void => {
    const value = f.var("value", element(partials, f.local.x));
    for (let other = 1; other < parts; other++)
      f.accumulate(value, element(partials, u32.add(f.local.x, u32.const(other * quads))));
    out.store4(
      f,
      place(row, problem.heads * problem.headSize, head, f.local.x),
      vec4.scale(inverse, value),
      lanesValid,
    );
  };
  f.if(u32.lt(f.local.x, u32.const(lastValid === 4 ? quads : quads - 1)), () => finish(4));
  if (lastValid !== 4) f.if(u32.equal(f.local.x, u32.const(quads - 1)), () => finish(lastValid));
  return {
    code: f.print([threads, 1]),
    choice:
      `${threads} threads a query and head, scores in workgroup ` +
      `memory${subgroups ? ", reduced by subgroups" : ""}`,
    grid: [
      { of: queries, per: 1 },
      { of: multiply(problem.batch, heads), per: 1 },
    ],
    extents: [],
    layouts: context.views.map(() => undefined),
  };
}
