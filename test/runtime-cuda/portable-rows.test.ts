/** Norms, means and maps of the portable path. */
import { binary, operand, unary, type RowReduceProblem } from "@sigil/compiler/internal";
import { describe, it } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { gridMap } from "../compiler/backends/sample-problems.ts";
import { expectWithin, gathered, rounding, storages } from "./portable-cases.ts";
import type { KernelCase } from "./run-kernel.ts";

describe.skipIf(!hostCompiler).each(storages)(
  `portable kernels in %s ${needsGxx}`,
  { timeout: 300_000 },
  (storage) => {
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
          problem: gridMap(width),
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
  },
);
