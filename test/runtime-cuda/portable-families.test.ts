/**
 * Each family's portable kernel, run by the emulator, against its float64 meaning on the operands
 * as they are stored. float32: as for the
 * CPU, a sum of n products is off by about sqrt(n) * 2^-24 of its largest terms, 1e-5 of the
 * largest output. 16 bits: the sums are float32
 * too, so that what remains is rounding the result (2^-11 for float16, 2^-8 for bfloat16);
 * attention rounds its weights as well, and
 * an activation by fast_tanh is off by 2^-11 of its argument.
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
  type GemmProblem,
  type RowReduceProblem,
} from "@sigil/compiler/internal";
import type { Storage } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { quantizations, tableRows } from "../compiler/backends/problems.ts";
import { kernelErrors, type KernelCase } from "./run-kernel.ts";

const storages = ["float32", "float16", "bfloat16"] as const;
const rounding: Readonly<Record<Storage, number>> = {
  float32: 1e-5,
  float16: 2 ** -11 + 1e-5,
  bfloat16: 2 ** -8 + 1e-5,
};

const gemm = (
  rows: number,
  columns: number,
  depth: number,
  storage: Storage,
  more: Partial<GemmProblem> = {},
): GemmProblem => ({
  family: "gemm",
  rows,
  columns,
  depth,
  b: { kind: "weight", storage },
  a: { kind: "rows", stride: depth },
  epilogue: accumulator,
  epilogueOperands: [],
  ...more,
});
const operands: EpilogueOperand[] = [
  { name: "bias", index: "column" },
  { name: "residual", index: "element" },
  { name: "position", index: "periodic", period: 5 },
  { name: "factor", index: "scalar" },
];
const all = operands.reduce<Expression>(
  (x, { name }) => binary("add", binary("mul", x, constant(0.5)), unary("exp", operand(name))),
  accumulator,
);

/** The first and the last row of a table among those that are read, some of them twice. */
const gathered = (width: number, storage: Storage): KernelCase => {
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

async function expectWithin(
  cases: readonly KernelCase[],
  tolerance: number,
  options: Parameters<typeof kernelErrors>[1] = {},
): Promise<void> {
  const errors = await kernelErrors(cases, options);
  cases.forEach(({ problem, storage, planned }, i) =>
    expect(errors[i], JSON.stringify({ storage, planned, problem })).toBeLessThan(tolerance),
  );
}

describe.skipIf(!hostCompiler)(`portable kernels ${needsGxx}`, { timeout: 300_000 }, () => {
  describe.each(storages)("in %s", (storage) => {
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
          problem: gemm(m, n, 36, storage, { epilogue: all, epilogueOperands: operands }),
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
    it("attention: ragged keys, queries and heads, strided rows", async () => {
      const sizes = [
        [18, 33, 37],
        [7, 70, 3],
        [72, 33, 37],
        [64, 50, 50],
        [72, 9, 130],
        [64, 196, 196],
        [96, 70, 65],
        [64, 64, 64],
        [80, 65, 80],
        [130, 20, 40],
      ] as const;
      await expectWithin(
        sizes.map(([headSize, queries, keys]) => {
          const stride = 3 * 2 * headSize;
          const problem: AttentionProblem = {
            family: "attention",
            batch: 2,
            heads: 2,
            headSize,
            queries,
            keys,
            queryStride: stride,
            keyStride: stride,
            valueStride: stride,
            sharedQuery: false,
            scale: headSize ** -0.5,
            mask: false,
            probabilities: false,
          };
          return { problem, storage, offsets: { 1: 2 * headSize, 2: 4 * headSize }, seeds: [1] };
        }),
        2 * rounding[storage],
      );
    });
    it("attention: one query shared by the batch, masks, and probabilities", async () => {
      const cases: KernelCase[] = [];
      for (const [queries, keys, headSize] of [
        [1, 50, 64],
        [3, 729, 8],
        [12, 37, 18],
        [1, 9, 5],
        [1, 40, 72],
        [70, 70, 16],
      ] as const)
        for (const [mask, probabilities] of [
          [true, false],
          [false, true],
          [true, true],
        ] as const) {
          const width = 2 * headSize;
          const problem: AttentionProblem = {
            family: "attention",
            batch: 3,
            heads: 2,
            headSize,
            queries,
            keys,
            queryStride: width,
            keyStride: width,
            valueStride: width,
            sharedQuery: queries === 1,
            scale: 0.2,
            mask,
            probabilities,
          };
          const hidden = Float32Array.from({ length: 3 * keys }, (_, i) =>
            i % 3 === 1 ? -3.4028234663852886e38 : 0,
          );
          cases.push({
            problem,
            storage,
            seeds: [1],
            ...(mask && { inputs: [undefined, undefined, undefined, hidden] }),
          });
        }
      await expectWithin(cases, 2 * rounding[storage]);
    });
    it("norms over rows", async () => {
      const cases: KernelCase[] = [];
      for (const kind of ["layer_norm", "rms_norm", "l2_normalize"] as const)
        for (const [rows, width] of [
          [1, 768],
          [5, 72],
          [130, 37],
          [3, 1],
          [3, 2000],
          [2, 9001],
        ] as const) {
          if (width === 1 && kind === "layer_norm") continue;
          const problem: RowReduceProblem = {
            family: "row_reduce",
            kind,
            rows,
            width,
            epsilon: 1e-6,
          };
          cases.push({ problem, storage });
        }
      await expectWithin(cases, rounding[storage]);
    });
    it("means over tokens, of which a mask hides some", async () => {
      const cases: KernelCase[] = [];
      for (const width of [72, 37, 200]) {
        cases.push({
          problem: { family: "row_reduce", kind: "mean", rows: 3, width, reduced: 11, epsilon: 0 },
          operands: 2,
          storage,
        });
        cases.push({
          problem: {
            family: "row_reduce",
            kind: "mean",
            rows: 3,
            width,
            reduced: 11,
            epsilon: 0,
            mask: true,
          },
          operands: 3,
          storage,
          inputs: [undefined, Float32Array.from({ length: 33 }, (_, i) => (i % 3 === 1 ? -1 : 0))],
        });
      }
      await expectWithin(cases, rounding[storage]);
    });
    it("maps: rows of a grid, that repeat, to rows of another", async () => {
      await expectWithin(
        [20, 37].map((width) => ({
          problem: {
            family: "map",
            rows: 9,
            width,
            expression: operand("x"),
            operands: [
              {
                name: "x",
                index: "strided",
                stride: 2 * width,
                first: width,
                lines: { of: 3, stride: 7 * width },
                period: 6,
              },
            ],
            // Three by three, columns first, so that each is written.
            written: { stride: 3 * width, first: 0, lines: { of: 3, stride: width } },
          },
          storage,
        })),
        rounding[storage],
      );
    });
    it("maps: every kind of operand, strided rows", async () => {
      const expression = binary(
        "mul",
        operand("x"),
        binary("add", operand("y"), unary("tanh", operand("z"))),
      );
      await expectWithin(
        [20, 37].map((width) => ({
          problem: {
            family: "map",
            rows: 9,
            width,
            expression,
            operands: [
              { name: "x", index: "strided", stride: 3 * width, first: width },
              { name: "y", index: "column" },
              { name: "z", index: "element" },
            ],
          },
          storage,
        })),
        storage === "float32" ? 1e-5 : rounding[storage] + 2 ** -10,
      );
    });
    it("maps: the rows of a table that ids name, as they are stored", async () => {
      await expectWithin(
        [20, 37].map((width) => gathered(width, storage)),
        Number.MIN_VALUE,
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
  });

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
      const attention: AttentionProblem = {
        family: "attention",
        batch: 2,
        heads: 2,
        headSize: 24,
        queries: 20,
        keys: 30,
        queryStride: 48,
        keyStride: 48,
        valueStride: 48,
        sharedQuery: false,
        scale: 0.2,
        mask: false,
        probabilities: false,
      };
      await expectWithin(
        [{ problem: attention, storage, types: { 0: "float32" } }],
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
