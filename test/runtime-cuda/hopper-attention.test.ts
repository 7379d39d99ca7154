import { emitHopperAttention, keyTile, type Emitted } from "@sigil/compiler/internal";
import { describe, expect, test } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import {
  buildKernels,
  expectClose,
  halves,
  launchKernel,
  operand,
  widen,
  type Half,
} from "./hopper-kernels.ts";

interface Case {
  readonly head: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly type: Half;
  readonly mask?: boolean;
}

/** q, k and v are columns of one packed projection where there are as many keys as queries. */
function problemOf({
  head,
  heads,
  queries,
  keys,
  mask = false,
}: Case): Parameters<typeof emitHopperAttention>[0] {
  const stride = 3 * heads * head;
  return {
    family: "attention",
    batch: { factor: 1, symbols: ["batch"] },
    heads,
    headSize: head,
    queries,
    keys,
    queryStride: stride,
    keyStride: stride,
    valueStride: stride,
    sharedQuery: false,
    scale: head ** -0.5,
    mask,
    probabilities: false,
  };
}

const emit = (shape: Case): Emitted => {
  const width = shape.heads * shape.head;
  return emitHopperAttention(problemOf(shape), {
    operands: [
      operand(shape.type),
      operand(shape.type, width),
      operand(shape.type, 2 * width),
      ...(shape.mask ? [operand("float32")] : []),
      operand(shape.type, 0, true),
    ],
    symbols: { batch: 8 },
  })!;
};

const batch = 2;
const cases: Readonly<Record<string, Case>> = {
  text: { head: 64, heads: 3, queries: 64, keys: 64, type: "bfloat16" },
  text_masked: { head: 64, heads: 3, queries: 64, keys: 64, type: "bfloat16", mask: true },
  base_224: { head: 64, heads: 2, queries: 196, keys: 196, type: "bfloat16" },
  base_224_float16: { head: 64, heads: 2, queries: 196, keys: 196, type: "float16" },
  two_tiles: { head: 64, heads: 2, queries: 120, keys: 300, type: "bfloat16" },
  equal_tiles: { head: 64, heads: 1, queries: 384, keys: 384, type: "bfloat16" },
  three_tiles_72: { head: 72, heads: 2, queries: 140, keys: 340, type: "bfloat16" },
  one_tile_72: { head: 72, heads: 2, queries: 81, keys: 81, type: "float16" },
  three_tiles_96: { head: 96, heads: 2, queries: 140, keys: 330, type: "bfloat16" },
  masked_96: { head: 96, heads: 2, queries: 70, keys: 200, type: "float16", mask: true },
};

describe.skipIf(!hostCompiler)(`the Hopper attention ${needsGxx}`, () => {
  async function check(
    named: Readonly<Record<string, Case>>,
    seeds: readonly number[],
    checked = false,
  ): Promise<void> {
    const kernels = Object.fromEntries(
      Object.entries(named).map(([name, shape]) => [name, emit(shape)]),
    );
    const module = await buildKernels(kernels, checked);
    for (const [name, shape] of Object.entries(named)) {
      const { head, heads, queries, keys, type, mask } = shape;
      const width = heads * head,
        stride = 3 * width;
      const projections = [queries, keys, keys].map((tokens, i) =>
        halves(type, batch * tokens * stride, 1 + (queries === keys ? 0 : i)),
      );
      // The second text of the masked batch is shorter; the lowest float32 hides a key, as
      // transformers has it.
      const added = Float32Array.from({ length: batch * keys }, (_, i) =>
        i >= keys && i % keys > keys / 2 ? -3.4028234663852886e38 : Math.sin(i),
      );
      const expected = reference(
        shape,
        projections.map(({ values }) => values),
        mask ? added : undefined,
      );
      for (const seed of seeds) {
        const packed = projections.map(({ bits }) => module.upload(bits));
        const out = module.allocate(batch * queries * width * 2);
        const memories = [
          ...packed.map((memory, i) => ({ memory, offset: i * width })),
          ...(mask ? [{ memory: module.upload(added) }] : []),
          { memory: out },
        ];
        launchKernel(module, name, kernels[name]!, memories, { batch }, seed);
        // Weights and results are rounded to 16 bits: an average of values about one is off by half
        // a unit of each.
        expectClose(
          Float64Array.from(out.as(Uint16Array, 2), (bits) => widen(type, bits)),
          expected,
          type === "bfloat16" ? 2 ** -8 : 2 ** -11,
          type === "bfloat16" ? 2 ** -10 : 2 ** -13,
          `${name}, seed ${seed}`,
        );
        for (const { memory } of memories) memory.free();
      }
    }
  }

  test.each(Object.keys(cases))("%s", { timeout: 300_000 }, async (name) => {
    await check({ [name]: cases[name]! }, [0, 1, 2]);
  });

  test("no thread races another", { timeout: 300_000 }, async () => {
    await check(
      {
        equal: { head: 64, heads: 1, queries: 100, keys: 384, type: "bfloat16" },
        wide: { head: 96, heads: 1, queries: 70, keys: 200, type: "bfloat16" },
      },
      [0, 1],
      true,
    );
  });
});

test("key tiles cover the keys, and the last is full or smaller", () => {
  for (const head of [64, 72, 96])
    for (const mask of [false, true])
      for (let keys = 1; keys <= 1100; keys++) {
        const tile = keyTile(head, keys, mask),
          tiles = Math.ceil(keys / tile),
          last = keys - (tiles - 1) * tile;
        expect(
          tile % 16 === 0 &&
            tile <= 256 &&
            (tiles === 1 || last === tile || Math.ceil(last / 16) * 16 < tile),
          `${keys} keys of ${head} channels in tiles of ${tile}`,
        ).toBe(true);
      }
});

/** In float64, from the rounded q, k and v. */
function reference(
  { head, heads, queries, keys }: Case,
  [q, k, v]: readonly Float64Array[],
  mask?: Float32Array,
): Float64Array {
  const width = heads * head,
    stride = 3 * width;
  const result = new Float64Array(batch * queries * width);
  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < queries; i++) {
        const from = (b * queries + i) * stride + h * head;
        const scores = Array.from({ length: keys }, (_, j) => {
          const to = (b * keys + j) * stride + width + h * head;
          let dot = 0;
          for (let c = 0; c < head; c++) dot += q![from + c]! * k![to + c]!;
          return dot * head ** -0.5 + (mask?.[b * keys + j] ?? 0);
        });
        const largest = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - largest));
        const sum = weights.reduce((x, y) => x + y);
        for (let c = 0; c < head; c++) {
          let mean = 0;
          for (let j = 0; j < keys; j++)
            mean += weights[j]! * v![(b * keys + j) * stride + 2 * width + h * head + c]!;
          result[(b * queries + i) * width + h * head + c] = mean / sum;
        }
      }
  return result;
}
