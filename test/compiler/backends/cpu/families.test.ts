/**
 * Each family's kernel against its float64 meaning. Tolerance: a float32 sum of n products of
 * values below 1 is off by at
 * most about sqrt(n) * 2^-24 of its largest terms on random data; 5e-6 of the largest output holds
 * for every n here with room.
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
  type RowReduceProblem,
} from "@sigil/compiler/internal";
import { describe, expect, it } from "vitest";
import { maskCost } from "../mask-cost.ts";
import { quantizations } from "../problems.ts";
import { epilogueOperands, everyOperand, gemm } from "../sample-problems.ts";
import { kernelError, runKernel } from "./run-kernel.ts";

const tolerance = 5e-6;
const rows = { factor: 1, symbols: ["rows"] };
const columns = { factor: 1, symbols: ["columns"] };

describe("Gemm with a weight computes its definition", () => {
  const sizes = [1, 2, 3, 7, 8, 37, 72, 99];
  for (const m of sizes)
    it(`${m} rows by every awkward size`, async () => {
      for (const n of [1, 3, 8, 37, 72, 99])
        for (const k of [1, 3, 37, 72, 99])
          expect(await kernelError(gemm(m, n, k)), `${m}x${n}x${k}`).toBeLessThan(tolerance);
    });
  for (const [m, n, k] of [
    [196, 768, 768],
    [64, 1152, 4304],
    [50, 48, 3072],
    [5, 16, 769],
    [37, 12, 1537],
  ] as const)
    it(`${m}x${n}x${k}, the depth in blocks`, async () =>
      expect(await kernelError(gemm(m, n, k))).toBeLessThan(tolerance));

  it("rows known only when running, split between two callers, from strided rows", async () => {
    for (const count of [1, 5, 300])
      expect(
        await kernelError(gemm(0, 99, 37, { rows, a: { kind: "rows", stride: 111 } }), {
          symbols: { rows: count },
          split: true,
        }),
      ).toBeLessThan(tolerance);
  });

  it.each(["float16", "bfloat16"] as const)(
    "a weight in %s, exactly as rounded when packed",
    async (storage) => {
      for (const [m, n, k] of [
        [1, 3, 37],
        [37, 99, 72],
        [20, 24, 3072],
      ] as const)
        expect(
          await kernelError(gemm(m, n, k, { b: { kind: "weight", storage } })),
          `${m}x${n}x${k}`,
        ).toBeLessThan(tolerance);
    },
  );

  it.each(quantizations)("a quantised weight, exactly as packed: %o", async (storage) => {
    for (const [m, n, k] of [
      [1, 3, 37],
      [5, 8, 1],
      [37, 99, 72],
      [3, 16, 96],
      [20, 24, 1029],
    ] as const)
      expect(
        await kernelError(
          gemm(m, n, k, {
            b: { kind: "weight", storage: { ...storage, group: Math.min(storage.group, k) } },
          }),
        ),
        `${m}x${n}x${k}`,
      ).toBeLessThan(tolerance);
  });

  it("float16 keeps subnormals, signs and infinities", async () => {
    const special = Float32Array.of(2 ** -24, -(2 ** -24), 2 ** -14, 65504, -65504, 0.1, -0, 1);
    const problem = gemm(1, 8, 1, { b: { kind: "weight", storage: "float16" } });
    const { outputs } = await runKernel(problem, { inputs: [Float32Array.of(1), special] });
    expect([...outputs[0]!.actual]).toEqual([...outputs[0]!.expected]);
    const infinite = await runKernel(problem, {
      inputs: [Float32Array.of(1), Float32Array.of(Infinity, -Infinity, 1, 1, 1, 1, 1, 1)],
    });
    expect([...infinite.outputs[0]!.actual].slice(0, 3)).toEqual([Infinity, -Infinity, 1]);
  });

  for (const [patch, gridHeight, gridWidth] of [
    [16, 3, 2],
    [14, 4, 4],
    [3, 5, 7],
  ] as const)
    it(`patches of ${patch} with pixels left over at the edges`, async () => {
      const a = {
        kind: "patches",
        channels: 3,
        height: gridHeight * patch + 2,
        width: gridWidth * patch + 1,
        patch,
        gridHeight,
        gridWidth,
      } as const;
      expect(
        await kernelError(gemm(3 * gridHeight * gridWidth, 37, 3 * patch * patch, { a })),
      ).toBeLessThan(tolerance);
    });
  for (const [patch, channels] of [
    [16, 3],
    [14, 3],
    [3, 1],
    [5, 4],
  ] as const)
    it(`patches of ${patch} of bytes, ${channels} channels`, async () => {
      const a = {
        kind: "byte_patches",
        channels,
        height: 3 * patch + 2,
        width: 2 * patch + 1,
        patch,
        gridHeight: 3,
        gridWidth: 2,
      } as const;
      expect(
        await kernelError(
          gemm(18, 37, channels * patch * patch, {
            a,
            epilogue: binary("mul", accumulator, constant(2 / 255)),
          }),
        ),
      ).toBeLessThan(tolerance);
    });

  it("every kind of epilogue operand, alone and together, with exact tails", async () => {
    for (const n of [8, 13, 20])
      for (const m of [4, 7, 11]) {
        for (const o of epilogueOperands)
          expect(
            await kernelError(
              gemm(m, n, 37, {
                epilogue: binary("add", accumulator, operand(o.name)),
                epilogueOperands: [o],
              }),
            ),
            o.name,
          ).toBeLessThan(tolerance);
        expect(
          await kernelError(gemm(m, n, 37, { epilogue: everyOperand, epilogueOperands })),
        ).toBeLessThan(tolerance);
      }
  });
  it.each(Object.keys(activations))("activation %s", async (name) => {
    expect(
      await kernelError(gemm(7, 11, 37, { epilogue: activations[name]!(accumulator) })),
    ).toBeLessThan(tolerance);
  });
});

it("Gemm with a computed B computes its definition, of sizes that only a run knows", async () => {
  const epilogue = binary(
    "add",
    binary("mul", accumulator, unary("exp", operand("scale"))),
    operand("bias"),
  );
  const epilogueOperands: EpilogueOperand[] = [
    { name: "scale", index: "scalar" },
    { name: "bias", index: "scalar" },
  ];
  for (const depth of [1, 3, 37, 768])
    for (const [m, n] of [
      [1, 1],
      [3, 7],
      [5, 2],
    ] as const)
      expect(
        await kernelError(
          gemm(0, 0, depth, {
            rows,
            columns,
            b: { kind: "activation" },
            epilogue,
            epilogueOperands,
          }),
          { symbols: { rows: m, columns: n } },
        ),
      ).toBeLessThan(tolerance);
});

describe("attention computes its definition", () => {
  const attention = (
    headSize: number,
    queries: number,
    keys: number,
    more: Partial<AttentionProblem> = {},
  ): AttentionProblem => {
    const width = 2 * headSize;
    return {
      family: "attention",
      batch: { factor: 1, symbols: ["rows"] },
      heads: 2,
      headSize,
      queries,
      keys,
      queryStride: 3 * width,
      keyStride: 3 * width,
      valueStride: width,
      sharedQuery: false,
      scale: headSize ** -0.5,
      mask: false,
      probabilities: false,
      ...more,
    };
  };
  for (const headSize of [3, 12, 16, 64, 72, 96])
    it(`heads of ${headSize}`, async () => {
      for (const [queries, keys] of [
        [1, 1],
        [3, 37],
        [37, 3],
        [16, 16],
        [64, 99],
      ] as const)
        for (const more of [
          {},
          { mask: true },
          { probabilities: true },
          { sharedQuery: true, mask: true, probabilities: true },
        ])
          expect(
            await kernelError(attention(headSize, queries, keys, more), {
              symbols: { rows: 2 },
              split: true,
            }),
            `${queries}x${keys}`,
          ).toBeLessThan(tolerance);
    });
  it("scores too large for a plain softmax", async () => {
    expect(
      await kernelError(attention(16, 5, 37, { scale: 1e3 }), { symbols: { rows: 1 } }),
    ).toBeLessThan(1e-3); // scores near 1e4 carry absolute float32 errors near 1e-3
  });
  it("a mask of float32's lowest value removes its keys", async () => {
    const mask = Float32Array.from({ length: 11 }, (_, i) => (i % 3 ? -3.4028234663852886e38 : 0));
    expect(
      await kernelError(attention(12, 5, 11, { mask: true }), {
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
    // A weight too small for float32 took a hundred times as long: 1.8 times in all.
    expect(cost).toBeLessThan(1.4);
  });
});

describe("row reductions compute their definition", () => {
  for (const width of [1, 3, 37, 72, 99, 768])
    it(`rows of ${width}`, async () => {
      const cases: [RowReduceProblem["kind"], number[]][] = [
        ["layer_norm", [2, 3, 4]],
        ["rms_norm", [2, 3]],
        ["l2_normalize", [2]],
        ["mean", [2]],
      ];
      for (const [kind, counts] of cases)
        for (const operands of counts) {
          const problem: RowReduceProblem = {
            family: "row_reduce",
            rows: { factor: 1, symbols: ["rows"] },
            width,
            epsilon: 1e-6,
            ...(kind === "mean" ? { kind, reduced: 7 } : { kind }),
          };
          expect(
            await kernelError(problem, { symbols: { rows: 5 }, operands, split: true }),
            kind,
          ).toBeLessThan(tolerance);
        }
    });
});

describe("maps", () => {
  for (const width of [1, 3, 37, 72, 99])
    it(`rows of ${width}`, async () => {
      const copy = { name: "x", index: "strided", stride: 3 * width, first: 2 * width } as const;
      expect(
        await kernelError(
          { family: "map", rows, width, expression: operand("x"), operands: [copy] },
          { symbols: { rows: 4 } },
        ),
      ).toBe(0);
      for (const period of [undefined, 6]) {
        const grid = {
          name: "x",
          index: "strided",
          stride: 2 * width,
          first: width,
          lines: { of: 3, stride: 7 * width },
          ...(period && { period }),
        } as const;
        // Nine rows as a grid of three by three, columns first, so that each is written.
        const written = { stride: 3 * width, first: 0, lines: { of: 3, stride: width } };
        const copied = { family: "map", rows, width, expression: operand("x"), written } as const;
        expect(
          await kernelError({ ...copied, operands: [grid] }, { symbols: { rows: 9 }, split: true }),
        ).toBe(0);
      }
      const operands = [
        { name: "x", index: "element" },
        { name: "y", index: "periodic", period: 3 },
        { name: "z", index: "column" },
        { name: "s", index: "scalar" },
      ] as const;
      const expression = binary(
        "add",
        binary("mul", operand("x"), operand("y")),
        binary("max", operand("z"), operand("s")),
      );
      expect(
        await kernelError(
          { family: "map", rows, width, expression, operands },
          { symbols: { rows: 7 }, split: true },
        ),
      ).toBeLessThan(tolerance);
    });
});
