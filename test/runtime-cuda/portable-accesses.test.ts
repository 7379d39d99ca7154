/** Portable kernels whose operands have several types, and every access of which is watched. */
import type { AttentionProblem } from "@sigil/compiler/internal";
import { describe, it } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { expectWithin, gathered, gemm, rounding } from "./portable-cases.ts";
import type { KernelCase } from "./run-kernel.ts";

/** Two heads of a sequence, queries, keys and values beside one another. */
const attention = (
  headSize: number,
  queries: number,
  keys: number,
  more: Partial<AttentionProblem> = {},
): AttentionProblem => ({
  family: "attention",
  batch: 1,
  heads: 2,
  headSize,
  queries,
  keys,
  queryStride: 6 * headSize,
  keyStride: 6 * headSize,
  valueStride: 6 * headSize,
  sharedQuery: false,
  scale: 0.2,
  mask: false,
  probabilities: true,
  ...more,
});

describe.skipIf(!hostCompiler)(`portable kernels ${needsGxx}`, { timeout: 300_000 }, () => {
  it("mixed types: float32 rows with 16-bit weights, 16-bit rows to float32", async () => {
    for (const storage of ["float16", "bfloat16"] as const) {
      await expectWithin(
        [{ problem: gemm(20, 40, 72, storage), storage, types: { 2: "float32" } }],
        1e-5,
      );
      await expectWithin(
        [{ problem: gemm(20, 40, 72, storage), storage, types: { 0: "float32", 2: "float32" } }],
        3 * rounding[storage],
      );
      await expectWithin(
        [
          {
            problem: attention(24, 20, 30, {
              batch: 2,
              queryStride: 48,
              keyStride: 48,
              valueStride: 48,
              probabilities: false,
            }),
            storage,
            types: { 0: "float32" },
          },
        ],
        rounding[storage],
      );
      await expectWithin(
        [
          {
            problem: {
              family: "row_reduce",
              kind: "layer_norm",
              rows: 5,
              width: 64,
              epsilon: 1e-6,
            },
            storage,
            types: { 0: "float32" },
          },
        ],
        rounding[storage],
      );
    }
  });
  it(
    "no races, no unaligned access, nothing out of bounds: one of each skeleton, every access " +
      "watched",
    async () => {
      const cases: KernelCase[] = [
        { problem: gemm(20, 72, 200, "bfloat16"), storage: "bfloat16" },
        {
          problem: gemm(20, 72, 200, "bfloat16"),
          storage: "bfloat16",
          planned: {},
          types: { 0: "float32" },
        },
        {
          problem: gemm(0, 200, 200, "float16", { rows: { factor: 1, symbols: ["batch"] } }),
          storage: "float16",
          symbols: { batch: 130 },
          planned: { batch: 20_000 },
        },
        {
          problem: gemm(0, 200, 70, "float32", { rows: { factor: 1, symbols: ["batch"] } }),
          symbols: { batch: 130 },
          planned: { batch: 20_000 },
        },
        { problem: gemm(5, 33, 37, "float16"), storage: "float16" },
        {
          problem: gemm(24, 33, 588, "bfloat16", {
            a: {
              kind: "byte_patches",
              channels: 3,
              height: 44,
              width: 58,
              patch: 14,
              gridHeight: 3,
              gridWidth: 4,
            },
          }),
          storage: "bfloat16",
        },
        { problem: attention(72, 70, 70), storage: "float16" },
        { problem: attention(24, 70, 70) },
        { problem: attention(72, 2, 70), storage: "bfloat16" },
        { problem: { family: "row_reduce", kind: "rms_norm", rows: 3, width: 2000, epsilon: 0 } },
        {
          problem: {
            family: "row_reduce",
            kind: "mean",
            rows: 3,
            width: 72,
            reduced: 11,
            epsilon: 0,
          },
          operands: 2,
        },
        gathered(24, "bfloat16"),
      ].map((one) => ({ ...one, seeds: [1, 2] }) as KernelCase);
      await expectWithin(cases, 3 * rounding.bfloat16, { checked: true });
    },
  );
});
