/**
 * Portable kernels, run by the emulator, against their float64 meaning on the operands as they are
 * stored.
 */
import { operand, type GemmProblem } from "@sigil/compiler/internal";
import type { Storage } from "@sigil/spec";
import { expect } from "vitest";
import { tableRows } from "../compiler/backends/problems.ts";
import { gemm as sampleGemm } from "../compiler/backends/sample-problems.ts";
import { kernelErrors, type KernelCase } from "./run-kernel.ts";

export const storages = ["float32", "float16", "bfloat16"] as const;

/**
 * Largest errors. float32: as for the CPU, a sum of n products is off by about sqrt(n) * 2^-24 of
 * its largest terms, 1e-5 of the largest output. 16 bits: the sums are float32 too, so that what
 * remains is rounding the result (2^-11 for float16, 2^-8 for bfloat16); attention rounds its
 * weights as well, and an activation by fast_tanh is off by 2^-11 of its argument.
 */
export const rounding: Readonly<Record<Storage, number>> = {
  float32: 1e-5,
  float16: 2 ** -11 + 1e-5,
  bfloat16: 2 ** -8 + 1e-5,
};

/** Contiguous rows by a weight in a storage. */
export const gemm = (
  rows: number,
  columns: number,
  depth: number,
  storage: Storage,
  more: Partial<GemmProblem> = {},
): GemmProblem => sampleGemm(rows, columns, depth, { b: { kind: "weight", storage }, ...more });

/** The first and the last row of a table among those that are read, some of them twice. */
export const gathered = (width: number, storage: Storage): KernelCase => {
  const ids = [0, tableRows - 1, 3, 3, 7, 0, 1, tableRows - 1, 5];
  return {
    problem: {
      family: "map",
      rows: ids.length,
      width,
      expression: operand("table"),
      operands: [
        { name: "ids", index: "ids" },
        { name: "table", index: "gathered", ids: "ids", storage },
      ],
    },
    storage,
    types: { 0: "int32", 2: "float32" },
    inputs: [Float32Array.from(ids)],
  };
};

/** Expects the error of each case, as a part of its largest value, to be below `tolerance`. */
export async function expectWithin(
  cases: readonly KernelCase[],
  tolerance: number,
  options: Parameters<typeof kernelErrors>[1] = {},
): Promise<void> {
  const errors = await kernelErrors(cases, options);
  cases.forEach(({ problem, storage, planned }, i) =>
    expect(errors[i], JSON.stringify({ storage, planned, problem })).toBeLessThan(tolerance),
  );
}
