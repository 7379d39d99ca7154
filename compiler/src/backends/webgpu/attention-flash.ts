/**
 * Attention with a thread per query of one head: its query and its sums in registers, keys and
 * values a few at a time from
 * workgroup memory or straight from storage, the softmax running (Milakov and Gimelshein 2018), so
 * that no score is stored.
 */
import { multiply } from "../../ir/extent.ts";
import type { AttentionProblem } from "../../kernels/problem.ts";
import { attentionOperands, forQuads } from "./attention-operands.ts";
import type { EmitContext, Emitted } from "./emitted.ts";
import type { AttentionConfig } from "./select.ts";
import { element, KernelWriter, type Variable } from "./wgsl/kernel-writer.ts";
import {
  and,
  float,
  lowest,
  matrix,
  u32,
  vec4,
  type F32,
  type U32,
  type Vec4,
} from "./wgsl/nodes.ts";

export function emitAttentionFlash(
  problem: AttentionProblem,
  config: Extract<AttentionConfig, { kind: "flash" }>,
  context: EmitContext,
): Emitted {
  const { heads, queries, keys, scale } = problem;
  const { queries: threads, keys: tile } = config;
  const f = new KernelWriter();
  const operands = attentionOperands(f, problem, context);
  const { q, k, v, mask, out, probabilities, quads, valid, place } = operands;
  const staged =
    tile > 0
      ? {
          keys: f.workgroup("key_tile", "vec4f", tile * quads),
          values: f.workgroup("value_tile", "vec4f", tile * quads),
          mask: mask && { from: mask, to: f.workgroup("mask_tile", "f32", tile) },
        }
      : undefined;

  const batch = f.let("batch", u32.div(f.group.y, u32.const(heads)));
  const head = f.let("head", u32.rem(f.group.y, u32.const(heads)));
  const query = f.let("query", u32.add(u32.mul(f.group.x, u32.const(threads)), f.local.x));
  // Threads past the last query help to fetch, and compute the last one again.
  const inQueries = f.let("in_queries", u32.min(query, u32.const(queries - 1)));
  const row = (shared: boolean): U32 =>
    shared ? inQueries : u32.add(u32.mul(batch, u32.const(queries)), inQueries);
  const queryRow = f.let("query_row", row(problem.sharedQuery));
  // Unrolled, these loops took lavapipe 12 s to compile for a head of 64; `group.z` is always 0,
  // which only we know.
  const count = staged ? u32.const(quads) : f.let("count", u32.add(u32.const(quads), f.group.z));
  const own = f.privateArray("own", "vec4f", quads);
  const sums = f.privateArray("sums", "vec4f", quads);
  forQuads(f, operands, (c, lanes) =>
    f.store(
      own,
      c,
      vec4.scale(
        float.const("f32", scale),
        q.load4(f, place(queryRow, problem.queryStride, head, c), lanes),
      ),
    ),
  );
  const top = f.var("top", float.const("f32", lowest));
  const total = f.var("total", float.const("f32", 0));

  const keyRow = (key: U32): U32 =>
    f.let("key_row", u32.add(u32.mul(batch, u32.const(keys)), u32.min(key, u32.const(keys - 1))));
  /**
   * Copies `tile` keys, and values if they are wanted, to workgroup memory; all threads take part.
   */
  const fetchTile = (to: NonNullable<typeof staged>, firstKey: U32, values: boolean): void => {
    const fetch = (c: U32, at: U32, from: U32, lanes: number): void => {
      f.store(to.keys, at, k.load4(f, place(from, problem.keyStride, head, c), lanes));
      if (values)
        f.store(to.values, at, v.load4(f, place(from, problem.valueStride, head, c), lanes));
    };
    const wholeQuads = valid(quads - 1) === 4 ? quads : quads - 1;
    f.forRange("i", f.local.x, u32.const(tile * wholeQuads), threads, (i) => {
      const [key, c] = [
        f.let("key", u32.div(i, u32.const(wholeQuads))),
        f.let("c", u32.rem(i, u32.const(wholeQuads))),
      ];
      fetch(c, u32.add(u32.mul(key, u32.const(quads)), c), keyRow(u32.add(firstKey, key)), 4);
    });
    if (wholeQuads < quads || to.mask)
      f.forRange("i", f.local.x, u32.const(tile), threads, (i) => {
        const from = keyRow(u32.add(firstKey, i));
        if (wholeQuads < quads)
          fetch(
            u32.const(quads - 1),
            u32.add(u32.mul(i, u32.const(quads)), u32.const(quads - 1)),
            from,
            valid(quads - 1),
          );
        if (to.mask) f.store(to.mask.to, i, to.mask.from.load(f, [[from, 1]]));
      });
  };
  /** Four keys: `fourRows` are theirs in storage, `tileKey` the first one's place in the tile. */
  const fourScores = (fourRows: readonly U32[], tileKey: U32): Variable<"vec4f"> => {
    const bias = (lane: number): F32 =>
      staged?.mask
        ? element(staged.mask.to, u32.add(tileKey, u32.const(lane)))
        : mask
          ? mask.load(f, [[fourRows[lane]!, 1]])
          : float.const("f32", 0);
    const scores = f.var("scores", vec4.of(bias(0), bias(1), bias(2), bias(3)));
    forQuads(
      f,
      operands,
      (c, lanes) => {
        const part = f.let("part", element(own, c));
        const keyAt = (lane: number): Vec4 =>
          staged
            ? element(
                staged.keys,
                u32.add(u32.add(u32.mul(tileKey, u32.const(quads)), c), u32.const(lane * quads)),
              )
            : k.load4(f, place(fourRows[lane]!, problem.keyStride, head, c), lanes);
        const dot = (lane: number): F32 => vec4.dot(part, keyAt(lane));
        f.accumulate(scores, vec4.of(dot(0), dot(1), dot(2), dot(3)));
      },
      count,
    );
    return scores;
  };
  type Four = (scores: Vec4, key: U32, fourRows: readonly U32[], tileKey: U32) => void;
  /** Hands on four keys at a time with their scores. */
  const scan = (values: boolean, four: Four): void => {
    if (!staged)
      return f.forRange("key", u32.const(0), u32.const(keys), 4, (key) => {
        const fourRows = [0, 1, 2, 3].map((lane) => keyRow(u32.add(key, u32.const(lane))));
        four(fourScores(fourRows, key), key, fourRows, key);
      });
    f.forRange("first_key", u32.const(0), u32.const(keys), tile, (firstKey) => {
      fetchTile(staged, firstKey, values);
      f.barrier();
      f.forRange(
        "tile_key",
        u32.const(0),
        f.let("here", u32.min(u32.const(tile), u32.sub(u32.const(keys), firstKey))),
        4,
        (tileKey) => {
          four(
            fourScores([], tileKey),
            f.let("first_of_four", u32.add(firstKey, tileKey)),
            [],
            tileKey,
          );
        },
      );
      f.barrier();
    });
  };
  const whole = keys % 4 === 0;
  const exists = (key: U32, lane: number) => u32.lt(u32.add(key, u32.const(lane)), u32.const(keys));

  scan(true, (scores, key, fourRows, tileKey) => {
    const lane = (i: number): F32 =>
      whole
        ? vec4.lane(scores, i)
        : float.where(exists(key, i), vec4.lane(scores, i), float.const("f32", lowest));
    const real = whole ? scores : f.let("real", vec4.of(lane(0), lane(1), lane(2), lane(3)));
    const next = f.let("next", float.max(top, float.largest(real)));
    const correction = f.let("correction", float.exp(float.sub(top, next)));
    const raised = f.let("raised", float.exp(float.sub(real, float.splat("vec4f", next))));
    const keep = (i: number): F32 =>
      float.where(exists(key, i), vec4.lane(raised, i), float.const("f32", 0));
    const weights = whole ? raised : f.let("weights", vec4.of(keep(0), keep(1), keep(2), keep(3)));
    f.set(top, next);
    f.set(total, float.add(float.mul(total, correction), float.sum(weights)));
    forQuads(
      f,
      operands,
      (c, lanes) => {
        const valueAt = (lane: number): Vec4 =>
          staged
            ? element(
                staged.values,
                u32.add(u32.add(u32.mul(tileKey, u32.const(quads)), c), u32.const(lane * quads)),
              )
            : v.load4(f, place(fourRows[lane]!, problem.valueStride, head, c), lanes);
        f.store(
          sums,
          c,
          float.add(
            vec4.scale(correction, element(sums, c)),
            matrix.multiply(matrix.of([0, 1, 2, 3].map(valueAt)), weights),
          ),
        );
      },
      count,
    );
  });
  const inverse = f.let("inverse", float.div(float.const("f32", 1), total));
  const outRow = f.let("out_row", row(false));
  f.if(u32.lt(query, u32.const(queries)), () =>
    forQuads(f, operands, (c, lanes) =>
      out.store4(
        f,
        place(outRow, problem.heads * problem.headSize, head, c),
        vec4.scale(inverse, element(sums, c)),
        lanes,
      ),
    ),
  );
  if (probabilities) {
    f.comment("the scores again, now that their sum is known");
    scan(false, (scores, key) => {
      for (let i = 0; i < 4; i++)
        f.if(and(exists(key, i), u32.lt(query, u32.const(queries))), () => {
          const at = u32.add(u32.mul(f.group.y, u32.const(queries)), query);
          probabilities.store(
            f,
            [
              [at, keys],
              [u32.add(key, u32.const(i)), 1],
            ],
            float.mul(float.exp(float.sub(vec4.lane(scores, i), top)), inverse),
          );
        });
    });
  }
  return {
    code: f.print([threads, 1]),
    choice:
      `${threads} queries of a head a workgroup, keys and values ` +
      `${staged ? `${tile} at a time in workgroup memory` : "straight from storage"}`,
    grid: [
      { of: queries, per: threads },
      { of: multiply(problem.batch, heads), per: 1 },
    ],
    extents: [],
    layouts: context.views.map(() => undefined),
  };
}
