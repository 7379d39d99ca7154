/** Attention of the portable path. */
import type { AttentionProblem } from "@sigil/compiler/internal";
import { describe, it } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { expectWithin, rounding, storages } from "./portable-cases.ts";
import type { KernelCase } from "./run-kernel.ts";

describe.skipIf(!hostCompiler).each(storages)(
  `portable kernels in %s ${needsGxx}`,
  { timeout: 300_000 },
  (storage) => {
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
  },
);
