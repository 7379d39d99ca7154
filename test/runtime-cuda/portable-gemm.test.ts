/** The Gemms of the portable path. */
import { accumulator, activations, binary, operand, unary } from "@sigil/compiler/internal";
import { describe, it } from "vitest";
import { quantizations } from "../compiler/backends/problems.ts";
import { epilogueOperands, everyOperand } from "../compiler/backends/sample-problems.ts";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { expectWithin, gemm, rounding, storages } from "./portable-cases.ts";
import type { KernelCase } from "./run-kernel.ts";

describe.skipIf(!hostCompiler).each(storages)(
  `portable kernels in %s ${needsGxx}`,
  { timeout: 300_000 },
  (storage) => {
    it("Gemm: every awkward size", async () => {
      const sizes = [
        [1, 1, 1],
        [1, 72, 37],
        [3, 37, 72],
        [65, 99, 20],
        [196, 64, 36],
        [7, 130, 768],
        [33, 72, 62],
        [20, 24, 588],
        [140, 70, 588],
      ] as const;
      await expectWithin(
        sizes.map(([m, n, k]) => ({ problem: gemm(m, n, k, storage), storage })),
        rounding[storage],
      );
    });
    it("Gemm: every tile, chosen for larger batches, leaves other rows alone", async () => {
      const rows = { factor: 3, symbols: ["batch"] };
      const cases = [2, 8, 16, 60, 1000].flatMap((batch) =>
        [72, 200].map((columns) => ({
          problem: gemm(0, columns, 100, storage, { rows }),
          storage,
          symbols: { batch: Math.min(batch, 45) },
          planned: { batch },
        })),
      );
      const large = {
        problem: gemm(0, 4000, 40, storage, { rows }),
        storage,
        symbols: { batch: 44 },
        planned: { batch: 10_000 / 3 },
      };
      await expectWithin([...cases, large], rounding[storage]);
    });
    it("Gemm: quantised weights", async () => {
      await expectWithin(
        quantizations.flatMap((quantization) =>
          (
            [
              [1, 3, 37],
              [65, 40, 72],
              [130, 136, 200],
            ] as const
          ).map(([m, n, k]) => ({
            problem: gemm(m, n, k, storage, {
              b: {
                kind: "weight",
                storage: { ...quantization, group: Math.min(quantization.group, k) },
              },
            }),
            storage,
            seeds: [0],
          })),
        ),
        // B is rounded too where it goes through tensor cores.
        2 * rounding[storage],
      );
    });
    it("Gemm: tails of every kind of epilogue operand", async () => {
      await expectWithin(
        (
          [
            [4, 8],
            [11, 13],
            [70, 20],
          ] as const
        ).map(([m, n]) => ({
          problem: gemm(m, n, 36, storage, { epilogue: everyOperand, epilogueOperands }),
          storage,
        })),
        rounding[storage],
      );
    });
    it("Gemm: rows apart, and inside a packed value", async () => {
      const strides = [
        [100, 0],
        [100, 36],
        [75, 3],
        [74, 2],
      ] as const;
      await expectWithin(
        strides.map(([stride, offset]) => ({
          problem: gemm(9, 40, 36, storage, { a: { kind: "rows", stride } }),
          storage,
          offsets: { 0: offset },
        })),
        rounding[storage],
      );
    });
    it("Gemm: patches with pixels left over at the edges", async () => {
      const cases = (
        [
          [16, 3, 2],
          [14, 4, 4],
          [3, 5, 7],
        ] as const
      ).map(([patch, gridHeight, gridWidth]): KernelCase => {
        const a = {
          kind: "patches",
          channels: 3,
          height: gridHeight * patch + 2,
          width: gridWidth * patch + (patch % 4 === 0 ? 4 : 1),
          patch,
          gridHeight,
          gridWidth,
        } as const;
        return {
          problem: gemm(3 * gridHeight * gridWidth, 37, 3 * patch * patch, storage, { a }),
          storage,
          types: { 0: "float32" },
        };
      });
      // Pixels are float32 and rounded on their way into 16-bit products, each by up to half an
      // ulp: sqrt(588) of such errors against a sum of as many terms.
      await expectWithin(cases, storage === "float32" ? 1e-5 : 3 * rounding[storage]);
    });
    it("Gemm: patches of bytes, aligned to 8, 2 and 1 of them", async () => {
      const cases = (
        [
          [16, 3, 8],
          [14, 3, 2],
          [3, 1, 1],
        ] as const
      ).map(([patch, channels, margin]): KernelCase => {
        const a = {
          kind: "byte_patches",
          channels,
          height: 3 * patch + 2,
          width: 4 * patch + margin,
          patch,
          gridHeight: 3,
          gridWidth: 4,
        } as const;
        return { problem: gemm(24, 37, channels * patch * patch, storage, { a }), storage };
      });
      // Bytes are exact in every storage.
      await expectWithin(cases, rounding[storage]);
    });
    it("Gemm: activations", async () => {
      const names = Object.keys(activations);
      await expectWithin(
        names.map((name) => ({
          problem: gemm(7, 12, 36, storage, { epilogue: activations[name]!(accumulator) }),
          storage,
        })),
        storage === "float32" ? 1e-5 : rounding[storage] + 2 ** -10,
      );
    });
    it("GELU-tanh is finite and right up to 1e4", async () => {
      const extremes = Float32Array.from([
        1e4, -1e4, 5e3, -30, 30, 88.8, -88.8, 1e-4, 0, 10, -10, 3,
      ]);
      const a = Float32Array.from({ length: 48 }, (_, i) => (i % 4 === 0 ? extremes[i / 4]! : 0));
      await expectWithin(
        [
          {
            problem: gemm(12, 4, 4, storage, {
              epilogue: activations.gelu_pytorch_tanh!(accumulator),
            }),
            storage,
            inputs: [a, Float32Array.from({ length: 16 }, (_, i) => (i % 4 === 0 ? 1 : 0))],
          },
        ],
        rounding[storage],
      );
    });
  },
);

describe.skipIf(!hostCompiler)(`portable kernels ${needsGxx}`, { timeout: 300_000 }, () => {
  it("Gemm with a computed B, both sizes known only when running", async () => {
    const epilogue = binary(
      "add",
      binary("mul", accumulator, unary("exp", operand("factor"))),
      operand("bias"),
    );
    const sizes = {
      rows: { factor: 1, symbols: ["rows"] },
      columns: { factor: 1, symbols: ["columns"] },
      b: { kind: "activation" as const },
      epilogue,
      epilogueOperands: [
        { name: "factor", index: "scalar" as const },
        { name: "bias", index: "scalar" as const },
      ],
    };
    await expectWithin(
      [1, 37, 768].flatMap((depth) =>
        (
          [
            [1, 1],
            [3, 7],
            [9, 2],
            [40, 70],
          ] as const
        ).map(([m, n]) => ({
          problem: gemm(0, 0, depth, "float32", sizes),
          symbols: { rows: m, columns: n },
        })),
      ),
      1e-5,
    );
  });
});
