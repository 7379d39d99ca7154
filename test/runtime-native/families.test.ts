/**
 * Each family's kernel against its float64 meaning, on every instruction set of the machine, and
 * the sets against each other. Tolerance: a float32 sum of n products of values below 1 is off by
 * at most about sqrt(n) * 2^-24 of its largest terms on random data; 5e-6 of the largest output
 * holds for every n here with room. Rows of bfloat16 are off by up to 2^-9 each, which averages out
 * to less than 3e-3 of the largest output.
 */
import {
  accumulator,
  activations,
  binary,
  constant,
  operand,
  unary,
  type AttentionProblem,
  type EpilogueOperand,
  type Expression,
  type Problem,
  type RowReduceProblem,
  type UnaryFunction,
} from "@sigil/compiler/internal";
import { describe, expect, it } from "vitest";
import { needsGxx } from "../support/gxx.ts";
import { instructionSets, withInstructionSet } from "../support/native.ts";
import { maskCost } from "../compiler/backends/mask-cost.ts";
import { quantizations, randomValues } from "../compiler/backends/problems.ts";
import {
  epilogueOperands,
  everyOperand,
  gemm,
  gridMap,
  integerGemm,
} from "../compiler/backends/sample-problems.ts";
import { kernelError, runKernel, type RunOptions } from "./run-kernel.ts";

const tolerance = 5e-6;
const symbolic = { factor: 1, symbols: ["rows"] };
const attention = (
  headSize: number,
  queries: number,
  keys: number,
  more: Partial<AttentionProblem> = {},
): AttentionProblem => ({
  family: "attention",
  batch: symbolic,
  heads: 2,
  headSize,
  queries,
  keys,
  queryStride: 6 * headSize,
  keyStride: 6 * headSize,
  valueStride: 2 * headSize,
  sharedQuery: false,
  scale: headSize ** -0.5,
  mask: false,
  probabilities: false,
  ...more,
});
const reduction = (kind: RowReduceProblem["kind"], width: number): RowReduceProblem => ({
  family: "row_reduce",
  rows: symbolic,
  width,
  epsilon: 1e-6,
  ...(kind === "mean" ? { kind, reduced: 7 } : { kind }),
});

describe.skipIf(instructionSets.length === 0)(`native kernels ${needsGxx}`, () => {
  describe.each(instructionSets)("%s", (set) => {
    const errorOf = (problem: Problem, options?: RunOptions): Promise<number> =>
      withInstructionSet(set, () => kernelError(problem, options));

    it("Gemms of every awkward size", async () => {
      for (const m of [1, 2, 9, 14, 15, 37])
        for (const n of [1, 15, 16, 17, 48, 99])
          for (const k of [1, 3, 37, 72])
            expect(await errorOf(gemm(m, n, k)), `${m}x${n}x${k}`).toBeLessThan(tolerance);
    });

    it("Gemms whose depth has blocks, from rows further apart", async () => {
      for (const [m, n, k] of [
        [50, 48, 3072],
        [5, 16, 1153],
        [20, 100, 4304],
      ] as const)
        expect(
          await errorOf(gemm(0, n, k, { rows: symbolic, a: { kind: "rows", stride: k + 5 } }), {
            symbols: { rows: m },
            threads: 2,
          }),
          `${m}x${n}x${k}`,
        ).toBeLessThan(tolerance);
    });

    it.each(["float16", "bfloat16"] as const)("weights in %s", async (storage) => {
      const narrow = storage === "bfloat16" && /amx|bf16/.test(set);
      for (const m of [1, 5, 16, 17, 33, 64, 196])
        for (const [n, k] of [
          [3, 37],
          [16, 64],
          [40, 72],
          [99, 1200],
        ] as const)
          expect(
            await errorOf(gemm(m, n, k, { b: { kind: "weight", storage } })),
            `${m}x${n}x${k}`,
          ).toBeLessThan(narrow ? 3e-3 : tolerance);
    });

    it.each(quantizations)("weights of codes: %o", async (storage) => {
      for (const [m, n, k] of [
        [1, 1, 1],
        [3, 17, 37],
        [33, 48, 64],
        [20, 99, 1300],
      ] as const)
        expect(
          await errorOf(gemm(m, n, k, { b: { kind: "weight", storage } }), { threads: 2 }),
          `${m}x${n}x${k}`,
        ).toBeLessThan(tolerance);
    });

    it("rows rounded to integers, and weights in int8", async () => {
      for (const m of [1, 5, 16, 17, 33, 64])
        for (const [n, k] of [
          [1, 8],
          [16, 64],
          [40, 72],
          [99, 1200],
          [33, 4304],
        ] as const)
          expect(
            await errorOf(integerGemm(m, n, k, { a: { kind: "rows", stride: k + 8 } }), {
              threads: 2,
            }),
            `${m}x${n}x${k}`,
          ).toBeLessThan(tolerance);
    });

    it("integers of rows of zeros, of rows that no scale fits, and of halves", async () => {
      const depth = 16;
      const a = randomValues(5 * depth, 3);
      a.fill(0, 0, depth);
      a[depth] = NaN;
      a[2 * depth + 5] = Infinity;
      // 127 makes the scale 1, so that values are their own integers before they are rounded.
      a.set([127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0], 4 * depth);
      a.fill(0, 4 * depth + 8);
      const b = Float32Array.from({ length: 3 * depth }, (_, i) => (i % depth === 0 ? 0 : 127));
      const { outputs } = await withInstructionSet(set, () =>
        runKernel(integerGemm(5, 3, depth), { inputs: [a, b] }),
      );
      const { actual, expected } = outputs[0]!;
      expect(Array.from(actual.subarray(0, 3))).toEqual([0, 0, 0]);
      // No number comes of what is none.
      expect(Array.from(actual.subarray(3, 9))).toEqual(Array(6).fill(NaN));
      for (let i = 9; i < 12; i++) expect(actual[i]! / expected[i]!).toBeCloseTo(1, 6);
      const rounded = 0 + 2 + 2 - 0 - 2 - 2;
      expect(Array.from(actual.subarray(12))).toEqual(Array(3).fill(127 * rounded));
    });

    it("patches of floats and of bytes, with pixels left over at the edges", async () => {
      for (const kind of ["patches", "byte_patches"] as const)
        for (const [patch, channels, gridHeight, gridWidth] of [
          [16, 3, 3, 2],
          [14, 3, 4, 4],
          [3, 1, 5, 7],
        ] as const) {
          const a = {
            kind,
            channels,
            height: gridHeight * patch + 2,
            width: gridWidth * patch + 1,
            patch,
            gridHeight,
            gridWidth,
          };
          const rows = { factor: gridHeight * gridWidth, symbols: ["images"] };
          const epilogue = binary("mul", accumulator, constant(2 / 255));
          expect(
            await errorOf(gemm(0, 37, channels * patch * patch, { rows, a, epilogue }), {
              symbols: { images: 2 },
            }),
          ).toBeLessThan(tolerance);
        }
    });

    it("every kind of operand of an epilogue, alone and together", async () => {
      for (const [m, n] of [
        [4, 8],
        [11, 20],
        [30, 50],
      ] as const) {
        for (const o of epilogueOperands)
          expect(
            await errorOf(
              gemm(m, n, 37, {
                epilogue: binary("add", accumulator, operand(o.name)),
                epilogueOperands: [o],
              }),
            ),
            o.name,
          ).toBeLessThan(tolerance);
        expect(
          await errorOf(gemm(m, n, 37, { epilogue: everyOperand, epilogueOperands })),
        ).toBeLessThan(tolerance);
      }
    });

    it.each(Object.keys(activations))("activation %s", async (name) => {
      expect(
        await errorOf(gemm(7, 21, 37, { epilogue: activations[name]!(accumulator) })),
      ).toBeLessThan(tolerance);
    });

    it("Gemms with a computed b, both sizes known only when running", async () => {
      const b = { kind: "activation" } as const;
      const columns = { factor: 1, symbols: ["columns"] };
      const epilogue = binary("mul", accumulator, unary("exp", operand("scale")));
      const epilogueOperands: EpilogueOperand[] = [{ name: "scale", index: "scalar" }];
      for (const depth of [1, 3, 37, 768])
        for (const [m, n] of [
          [1, 1],
          [3, 17],
        ] as const)
          expect(
            await errorOf(
              gemm(0, 0, depth, { rows: symbolic, columns, b, epilogue, epilogueOperands }),
              { symbols: { rows: m, columns: n } },
            ),
          ).toBeLessThan(tolerance);
    });

    it.each([3, 16, 64, 72, 96])("attention with heads of %i", async (headSize) => {
      for (const [queries, keys] of [
        [1, 1],
        [3, 37],
        [37, 3],
        [64, 99],
      ] as const)
        for (const more of [
          {},
          { mask: true },
          { sharedQuery: true, mask: true, probabilities: true },
        ])
          expect(
            await errorOf(attention(headSize, queries, keys, more), {
              symbols: { rows: 2 },
              threads: 2,
            }),
            `${queries}x${keys}`,
          ).toBeLessThan(tolerance);
    });

    it("a mask of float32's lowest value removes its keys", async () => {
      const mask = Float32Array.from({ length: 11 }, (_, i) =>
        i % 3 ? -3.4028234663852886e38 : 0,
      );
      expect(
        await errorOf(attention(12, 5, 11, { mask: true }), {
          symbols: { rows: 1 },
          inputs: [undefined, undefined, undefined, mask],
        }),
      ).toBeLessThan(tolerance);
    });

    it("keys that a mask removes take no longer than others", async () => {
      const keys = 196;
      const cost = await maskCost(keys, async (mask) => {
        const { microseconds } = await runKernel(attention(64, keys, keys, { mask: true }), {
          symbols: { rows: 1 },
          inputs: [undefined, undefined, undefined, mask],
          times: 20,
        });
        return microseconds;
      });
      // A weight too small for float32 took a hundred times as long: 2.3 times in all.
      expect(cost).toBeLessThan(1.5);
    });

    it("reductions of rows of every width", async () => {
      for (const width of [1, 3, 16, 37, 99, 768])
        for (const [kind, counts] of [
          ["layer_norm", [2, 3, 4]],
          ["rms_norm", [2, 3]],
          ["l2_normalize", [2]],
          ["mean", [2]],
        ] as const)
          for (const count of counts)
            expect(
              await errorOf(reduction(kind, width), { symbols: { rows: 5 }, operands: count }),
              `${kind} of ${width}`,
            ).toBeLessThan(tolerance);
    });

    it("functions from far below 0 to far above, and of what is no number", async () => {
      const x = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) / 20);
      x.set([NaN, 1e30, -1e30, 0, -0]);
      for (const name of ["exp", "tanh", "erf", "sigmoid", "abs", "neg"] as UnaryFunction[]) {
        const expression = unary(name, operand("x"));
        const { outputs } = await withInstructionSet(set, () =>
          runKernel(
            {
              family: "map",
              rows: 1,
              width: x.length,
              expression,
              operands: [{ name: "x", index: "element" }],
            },
            { inputs: [x] },
          ),
        );
        const { actual, expected } = outputs[0]!;
        expected.forEach((value, i) => {
          const exact = Math.fround(value);
          // A few units in the last place; what is below float32's normal numbers may be 0.
          const close =
            Object.is(exact, actual[i]) ||
            Math.abs(actual[i]! - exact) <=
              5e-7 * Math.abs(exact) + 2e-38 + (name === "erf" || name === "tanh" ? 3e-7 : 0);
          expect(close, `${name}(${x[i]}): ${actual[i]}, not ${exact}`).toBe(true);
        });
      }
    });

    it("rows of a grid, that repeat, to rows of another", async () => {
      for (const width of [3, 20, 700]) {
        const { outputs } = await withInstructionSet(set, () => runKernel(gridMap(width)));
        const { actual, expected } = outputs[0]!;
        expect(Array.from(actual), `${width}`).toEqual(Array.from(expected));
      }
    });

    it("random expressions", async () => {
      const names = ["p", "q", "r"];
      let seed = 5;
      const chance = (count: number): number =>
        Math.floor(((randomValues(1, (seed += 7))[0]! + 1) / 2) * count) % count;
      const make = (depth: number): Expression => {
        const kind = depth === 0 ? chance(2) : chance(5);
        if (kind === 0) return operand(names[chance(3)]!);
        if (kind === 1) return constant(Math.fround(chance(9) - 4.5));
        if (kind === 2)
          return unary(
            (["tanh", "sigmoid", "abs", "neg", "erf"] as const)[chance(5)]!,
            make(depth - 1),
          );
        const choose = (["add", "sub", "mul", "max", "min"] as const)[chance(5)]!;
        return binary(choose, make(depth - 1), make(depth - 1));
      };
      for (let i = 0; i < 60; i++) {
        const expression = make(5);
        const problem: Problem = {
          family: "map",
          rows: 3,
          width: 21,
          expression,
          operands: names.map((name) => ({ name, index: "element" })),
        };
        // Products of sums cancel: what is off is measured against values of about 5 to the fifth.
        const { outputs } = await withInstructionSet(set, () => runKernel(problem));
        const { actual, expected } = outputs[0]!;
        const largest = Math.max(100, ...Array.from(expected, Math.abs));
        expected.forEach((value, k) =>
          expect(Math.abs(actual[k]! - value) / largest, JSON.stringify(expression)).toBeLessThan(
            1e-6,
          ),
        );
      }
    });
  });

  it("instruction sets and numbers of threads give the same bits in float32", async () => {
    const problems: [Problem, RunOptions][] = [
      [gemm(64, 100, 1500, { epilogue: everyOperand, epilogueOperands }), {}],
      [gemm(37, 99, 72, { epilogue: activations.gelu_pytorch_tanh!(accumulator) }), {}],
      [gemm(40, 99, 1300, { b: { kind: "weight", storage: quantizations[7]! } }), {}],
      [integerGemm(40, 99, 1304, { epilogue: everyOperand, epilogueOperands }), {}],
      [gemm(20, 33, 40, { epilogue: activations.mish!(accumulator) }), {}],
      [attention(72, 40, 99, { mask: true, probabilities: true }), { symbols: { rows: 2 } }],
      [reduction("layer_norm", 99), { symbols: { rows: 5 } }],
    ];
    for (const [problem, options] of problems) {
      const seen = new Map<string, string>();
      for (const set of instructionSets)
        for (const threads of [1, 2]) {
          const { outputs } = await withInstructionSet(set, () =>
            runKernel(problem, { ...options, threads }),
          );
          seen.set(
            `${set}, ${threads} threads`,
            outputs.map(({ actual }) => Buffer.from(actual.buffer).toString("base64")).join(),
          );
        }
      const [one, ...others] = seen;
      for (const [name, bits] of others)
        expect(bits === one![1], `${problem.family}: ${name} as ${one![0]}`).toBe(true);
    }
  });
});
