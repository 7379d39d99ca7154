/**
 * Each family's shader, as every class of adapter gets it, against its float64 meaning. Tolerance:
 * as for the CPU, a float32 sum of n products is off by about sqrt(n) * 2^-24 of its largest terms;
 * WGSL allows `exp` an error of 3 + 2 |x| ulp, which epilogues and attention carry on: 1e-5 of the
 * largest output.
 */
import {
  accumulator,
  activations,
  adapterKinds,
  binary,
  constant,
  kernelSets,
  operand,
  unary,
  type AttentionProblem,
  type RowReduceProblem,
} from "@sigil/compiler/internal";
import { describe, expect, it } from "vitest";
import { gpu, needsWebGpu } from "../../../support/webgpu.ts";
import { epilogueOperands, everyOperand, gemm, gridMap } from "../sample-problems.ts";
import { kernelError } from "./run-kernel.ts";

const tolerance = 1e-5;

describe.skipIf(!gpu)(`shaders ${needsWebGpu}`, { timeout: 300_000 }, () => {
  describe.each([...adapterKinds, "software-subgroups"] as const)("for %s adapters", (adapter) => {
    it("Gemm: every awkward size", async () => {
      for (const [m, n, k] of [
        [1, 1, 1],
        [1, 72, 37],
        [3, 37, 72],
        [65, 99, 20],
        [196, 64, 36],
        [7, 130, 768],
      ] as const)
        expect(await kernelError(gemm(m, n, k), { adapter }), `${m}x${n}x${k}`).toBeLessThan(
          tolerance,
        );
    });
    it("Gemm: quantised weights", async () => {
      // Lavapipe takes seconds to compile each; how codes are read does not depend on the class.
      for (const [m, n, k, storage] of [
        [65, 37, 72, { bits: 8, group: 72 }],
        [9, 130, 104, { bits: 4, group: 64, book: "nf4" }],
        ...(adapter === "desktop"
          ? ([
              [9, 37, 40, { bits: 4, group: 32 }],
              [65, 5, 36, { bits: 4, group: 6 }],
              [3, 37, 37, { bits: 8, group: 5 }],
              [3, 5, 37, { bits: 4, group: 37, book: "fp4" }],
              [9, 37, 72, { bits: 4, group: 32, zero_point: true }],
              [3, 37, 37, { bits: 8, group: 5, zero_point: true }],
            ] as const)
          : []),
      ] as const)
        expect(
          await kernelError(gemm(m, n, k, { b: { kind: "weight", storage } }), { adapter }),
          `${m}x${n}x${k} ${JSON.stringify(storage)}`,
        ).toBeLessThan(tolerance);
    });
    it("Gemm: tails of every kind of epilogue operand", async () => {
      for (const [m, n] of [
        [4, 8],
        [11, 13],
        [70, 20],
      ] as const)
        expect(
          await kernelError(gemm(m, n, 36, { epilogue: everyOperand, epilogueOperands }), {
            adapter,
          }),
          `${m}x${n}`,
        ).toBeLessThan(tolerance);
    });
    it("attention: ragged keys, queries and heads, strided rows", async () => {
      // Lavapipe takes 9 to 12 s to compile an unrolled head of 64 channels, so that each class
      // gets small heads, and one the real size.
      for (const [headSize, queries, keys] of [
        [18, 33, 37],
        [7, 70, 3],
        ...(adapter === "desktop"
          ? [[72, 33, 37] as const]
          : adapter === "software"
            ? ([
                [64, 50, 50],
                [72, 9, 30],
              ] as const)
            : []),
      ] as const) {
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
        expect(await kernelError(problem, { adapter }), JSON.stringify(problem)).toBeLessThan(
          tolerance,
        );
      }
    });
    it.each(["layer_norm", "rms_norm", "l2_normalize"] as const)("%s", async (kind) => {
      for (const [rows, width] of [
        [1, 768],
        [5, 72],
        [130, 37],
        [3, 1],
      ] as const) {
        if (width === 1 && kind === "layer_norm") continue;
        const problem: RowReduceProblem = {
          family: "row_reduce",
          kind,
          rows,
          width,
          epsilon: 1e-6,
        };
        expect(await kernelError(problem, { adapter }), `${rows}x${width}`).toBeLessThan(tolerance);
      }
    });
  });

  it.each(["float16", "bfloat16"] as const)(
    "Gemm: a weight in %s, exactly as rounded when packed, with shader-f16 and without any feature",
    async (storage) => {
      for (const adapter of ["desktop", "software", "desktop-f16", "software-f16"] as const)
        for (const [m, n, k] of [
          [1, 3, 37],
          [37, 99, 72],
          [64, 64, 128],
        ] as const)
          expect(
            await kernelError(gemm(m, n, k, { b: { kind: "weight", storage } }), { adapter }),
            `${m}x${n}x${k}`,
          ).toBeLessThan(tolerance);
    },
  );
  it("Gemm: fewer rows than planned leave the rest alone", async () => {
    const rows = { factor: 3, symbols: ["batch"] };
    for (const adapter of ["desktop", "software"] as const)
      expect(
        await kernelError(gemm(0, 20, 36, { rows }), {
          adapter,
          symbols: { batch: 5 },
          planned: { batch: 40 },
        }),
      ).toBeLessThan(tolerance);
  });
  for (const [patch, gridHeight, gridWidth] of [
    [16, 3, 2],
    [14, 4, 4],
    [3, 5, 7],
  ] as const)
    it(`Gemm: patches of ${patch} with pixels left over at the edges`, async () => {
      const a = {
        kind: "patches",
        channels: 3,
        height: gridHeight * patch + 2,
        width: gridWidth * patch + (patch % 4 === 0 ? 4 : 1),
        patch,
        gridHeight,
        gridWidth,
      } as const;
      for (const adapter of ["desktop", "software"] as const)
        expect(
          await kernelError(gemm(3 * gridHeight * gridWidth, 37, 3 * patch * patch, { a }), {
            adapter,
          }),
        ).toBeLessThan(tolerance);
    });
  // Words where four divides a line of a patch and of the picture, bytes where it does not; a batch
  // whose bytes do not fill words.
  for (const [patch, channels, margin] of [
    [16, 3, 0],
    [14, 3, 2],
    [4, 3, 1],
    [5, 1, 3],
    [8, 4, 0],
  ] as const)
    it(`Gemm: patches of ${patch} of bytes, ${channels} channels`, async () => {
      const [gridHeight, gridWidth] = [3, 2];
      const a = {
        kind: "byte_patches",
        channels,
        height: gridHeight * patch + margin,
        width: gridWidth * patch + margin,
        patch,
        gridHeight,
        gridWidth,
      } as const;
      const epilogue = binary(
        "add",
        binary("mul", accumulator, constant(2 / 255)),
        operand("shift"),
      );
      for (const adapter of adapterKinds)
        expect(
          await kernelError(
            gemm(3 * gridHeight * gridWidth, 37, channels * patch * patch, {
              a,
              epilogue,
              epilogueOperands: [{ name: "shift", index: "column" }],
            }),
            { adapter },
          ),
          adapter,
        ).toBeLessThan(tolerance);
    });
  it.each(Object.keys(activations))("activation %s", async (name) => {
    expect(
      await kernelError(gemm(7, 12, 36, { epilogue: activations[name]!(accumulator) })),
    ).toBeLessThan(tolerance);
  });
  // Lavapipe's subgroups are 8 threads: workgroups of 4 are part of one, those of 16 are two.
  it.each([4, 8, 16])(
    "Gemm: rows of A broadcast among %i threads, whatever subgroups they are",
    async (lanes) => {
      const sets = kernelSets();
      const tunings = {
        ...sets,
        "software-subgroups": {
          ...sets["software-subgroups"],
          gemm: [{ threads: [lanes, 1] as const, quads: 2, rows: 6, staged: 0, broadcast: true }],
        },
      };
      for (const [m, n, k] of [
        [65, 99, 37],
        [12, 300, 40],
      ] as const)
        expect(
          await kernelError(gemm(m, n, k), { adapter: "software-subgroups", tunings }),
          `${m}x${n}x${k}`,
        ).toBeLessThan(tolerance);
    },
  );
  // Lavapipe's subgroups are 8 threads, so that a row of 64 takes several of them, and one of 4 or
  // less not even one.
  it.each([64, 32, 8, 4])(
    "reductions by subgroups of whatever size, %i threads a row",
    async (lanes) => {
      const sets = kernelSets();
      const tunings = {
        ...sets,
        "desktop-subgroups": { ...sets["desktop-subgroups"], rowLanes: lanes },
      };
      for (const kind of ["layer_norm", "rms_norm"] as const)
        for (const [rows, width] of [
          [1, 768],
          [5, 72],
          [130, 37],
        ] as const)
          expect(
            await kernelError(
              { family: "row_reduce", kind, rows, width, epsilon: 1e-6 },
              { adapter: "desktop-subgroups", tunings },
            ),
            `${kind} ${rows}x${width}`,
          ).toBeLessThan(tolerance);
    },
  );
  it.each([
    ["float32", "desktop"],
    ["float16", "desktop"],
    ["float16", "desktop-f16"],
  ] as const)(
    "GELU-tanh is finite and right up to 1e4, of %s weights for %s",
    async (storage, adapter) => {
      const extremes = Float32Array.from([
        1e4, -1e4, 5e3, -30, 30, 88.8, -88.8, 1e-4, 0, 10, -10, 3,
      ]);
      // Over the largest output, 1e4, this is what float32 rounds by there.
      const problem = gemm(12, 4, 4, {
        b: { kind: "weight", storage },
        epilogue: activations.gelu_pytorch_tanh!(accumulator),
      });
      const a = Float32Array.from({ length: 48 }, (_, i) => (i % 4 === 0 ? extremes[i / 4]! : 0));
      expect(
        await kernelError(problem, {
          adapter,
          inputs: [a, Float32Array.from({ length: 16 }, (_, i) => (i % 4 === 0 ? 1 : 0))],
        }),
      ).toBeLessThan(1e-6);
    },
  );
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
    for (const depth of [1, 37, 768])
      for (const [m, n] of [
        [1, 1],
        [3, 7],
        [9, 2],
      ] as const)
        expect(
          await kernelError(gemm(0, 0, depth, sizes), { symbols: { rows: m, columns: n } }),
          `${m}x${n}x${depth}`,
        ).toBeLessThan(tolerance);
  });
  it("attention: one query shared by the batch, masks, and probabilities", async () => {
    for (const [queries, keys, headSize] of [
      [1, 50, 64],
      [3, 729, 8],
      [12, 37, 18],
      [1, 9, 5],
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
        for (const adapter of [
          "desktop",
          "software",
          ...(queries <= 4 ? ["desktop-subgroups" as const] : []),
        ] as const)
          expect(
            await kernelError(problem, {
              adapter,
              ...(mask && { inputs: [undefined, undefined, undefined, hidden] }),
            }),
            JSON.stringify(problem),
          ).toBeLessThan(tolerance);
      }
  });
  it("means over tokens, of which a mask hides some", async () => {
    const masked = {
      family: "row_reduce",
      kind: "mean",
      rows: 3,
      reduced: 11,
      epsilon: 0,
      mask: true,
    } as const;
    const mask = Float32Array.from({ length: 33 }, (_, i) => (i % 3 === 1 ? -1 : 0));
    for (const width of [72, 37])
      expect(
        await kernelError({ ...masked, width }, { operands: 3, inputs: [undefined, mask] }),
        `masked ${width}`,
      ).toBeLessThan(tolerance);
    for (const width of [72, 37])
      expect(
        await kernelError(
          { family: "row_reduce", kind: "mean", rows: 3, width, reduced: 11, epsilon: 0 },
          { operands: 2 },
        ),
        `${width}`,
      ).toBeLessThan(tolerance);
  });
  it("maps: rows of a grid, that repeat, to rows of another", async () => {
    for (const width of [20, 37]) expect(await kernelError(gridMap(width)), `${width}`).toBe(0);
  });
  it("maps: every kind of operand, strided rows", async () => {
    const expression = binary(
      "mul",
      operand("x"),
      binary("add", operand("y"), unary("tanh", operand("z"))),
    );
    for (const width of [20, 37])
      expect(
        await kernelError({
          family: "map",
          rows: 9,
          width,
          expression,
          operands: [
            { name: "x", index: "strided", stride: 3 * width, first: width },
            { name: "y", index: "column" },
            { name: "z", index: "element" },
          ],
        }),
      ).toBeLessThan(tolerance);
  });
});
