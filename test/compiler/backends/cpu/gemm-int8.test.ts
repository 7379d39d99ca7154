/** Integers times integers against their float64 meaning: what is rounded, and no more. */
import { accumulator, binary, operand } from "@sigil/compiler/internal";
import { describe, expect, it } from "vitest";
import { randomValues } from "../problems.ts";
import { integerGemm as gemm } from "../sample-problems.ts";
import { kernelError, runKernel } from "./run-kernel.ts";

/** As of float32 kernels: the sums are exact, and a few float32 operations follow. */
const tolerance = 1e-5;

describe("Gemm with rows rounded to int8 computes its definition", () => {
  for (const m of [1, 2, 3, 4, 7, 37])
    it(`${m} rows`, async () => {
      for (const n of [1, 7, 8, 27])
        for (const k of [8, 72, 4304])
          expect(await kernelError(gemm(m, n, k)), `${m}x${n}x${k}`).toBeLessThan(tolerance);
    });

  it("in blocks of rows, and in two calls", async () => {
    expect(await kernelError(gemm(290, 16, 72))).toBeLessThan(tolerance);
    expect(await kernelError(gemm(50, 48, 3072), { split: true })).toBeLessThan(tolerance);
  });

  it("rows that only a run knows, apart from each other, with an epilogue", async () => {
    const problem = gemm({ factor: 3, symbols: ["rows"] }, 11, 40, {
      a: { kind: "rows", stride: 56 },
      epilogue: binary("add", accumulator, operand("bias")),
      epilogueOperands: [{ name: "bias", index: "column" }],
    });
    expect(await kernelError(problem, { symbols: { rows: 5 } })).toBeLessThan(tolerance);
  });

  it("rows of zeros, and rows that no scale fits", async () => {
    const [rows, depth] = [4, 16];
    const a = randomValues(rows * depth, 3);
    a.fill(0, 0, depth);
    a[depth] = NaN;
    a[2 * depth + 5] = Infinity;
    const { outputs } = await runKernel(gemm(rows, 3, depth), { inputs: [a] });
    const { actual, expected } = outputs[0]!;
    expect(Array.from(actual.subarray(0, 3))).toEqual([0, 0, 0]);
    // No number comes of what is none.
    expect(Array.from(actual.subarray(3, 9))).toEqual(Array(6).fill(NaN));
    for (let i = 9; i < 12; i++) expect(actual[i]).toBeCloseTo(expected[i]!, 5);
  });

  it("and halves rounded to the even integer", async () => {
    // 127 makes the scale 1, so that values are their own codes before they are rounded.
    const a = Float32Array.of(127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0);
    const b = Float32Array.of(0, 1, 1, 1, 1, 1, 1, 1).map((x) => 127 * x);
    const sum = 0 + 2 + 2 - 0 - 2 - 2;
    const { outputs } = await runKernel(gemm(1, 1, 8), { inputs: [a, b] });
    expect(outputs[0]!.actual[0]).toBe(127 * sum);
    const one = b.map((x, i) => (i === 2 ? x : 0));
    const alone = await runKernel(gemm(1, 1, 8), { inputs: [a, one] });
    expect(alone.outputs[0]!.actual[0]).toBe(127 * 2);
  });
});
