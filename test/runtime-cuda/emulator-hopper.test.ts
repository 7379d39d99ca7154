import { describe, expect, test } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { hopperFaults, hopperProduct } from "./emulator-kernels.ts";
import { EmulatedModule, LaunchFault } from "./emulated.ts";

const rows = 100,
  depth = 320,
  seeds = 12;

const bf16 = (value: number): number => {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
};
const widen = (bits: number): number => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;

/** Reproducible values, all different enough that a wrong place shows. */
const values = (count: number, salt: number): Uint16Array =>
  Uint16Array.from({ length: count }, (_, i) => bf16(Math.sin(i * 12.9898 + salt) * 2));

describe.skipIf(!hostCompiler)(`TMA, barriers and wgmma ${needsGxx}`, () => {
  const a = values(rows * depth, 1),
    b = values(64 * depth, 2);
  const expected = Float64Array.from({ length: rows * 64 }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < depth; k++)
      sum += widen(a[Math.floor(at / 64) * depth + k]!) * widen(b[(at % 64) * depth + k]!);
    return sum;
  });

  /** The largest difference from the product in float64; NaN counts as Infinity. */
  const difference = (module: EmulatedModule, seed: number): number => {
    const memoryA = module.upload(a),
      memoryB = module.upload(b),
      c = module.allocate(rows * 64 * 4);
    const map = (memory: typeof memoryA, count: number): Uint8Array =>
      module.tensorMap(memory, {
        dtype: "bfloat16",
        sizes: [depth, count],
        strides: [depth * 2],
        box: [64, 64],
        swizzle: "128",
      });
    try {
      module.launch("product", {
        grid: [2],
        threads: 256,
        sharedBytes: 2 * 2 * 64 * 128 + 32,
        parameters: [c, rows, depth, map(memoryA, rows), map(memoryB, 64)],
        seed,
        watchdogSteps: 1e6,
      });
      return c
        .as(Float32Array, 4)
        .reduce(
          (worst, value, at) =>
            Math.max(worst, Number.isNaN(value) ? Infinity : Math.abs(value - expected[at]!)),
          0,
        );
    } finally {
      for (const memory of [memoryA, memoryB, c]) memory.free();
    }
  };
  /** What a seed shows of a fault. */
  const outcome = (module: EmulatedModule, seed: number): string => {
    try {
      // Sums of 320 products of at most 4 in float32.
      return difference(module, seed) < 1e-3 ? "right" : "wrong";
    } catch (error) {
      if (error instanceof LaunchFault) return `${error.code}: ${error.message}`;
      throw error;
    }
  };

  test.each(
    Object.entries(hopperFaults).flatMap(
      ([name, fault]) =>
        [
          [fault === 0 ? "gives the right product" : `finds a fault: ${name}`, fault, false],
          [
            fault === 0 ? "gives the right product, watched" : `finds a fault, watched: ${name}`,
            fault,
            true,
          ],
        ] as const,
    ),
  )("%s", async (_name, fault, checked) => {
    const module = await EmulatedModule.build({ product: hopperProduct(fault) }, { checked });
    const outcomes = Array.from({ length: seeds }, (_, seed) => outcome(module, seed));
    if (fault === 0) expect(outcomes).toEqual(Array.from({ length: seeds }, () => "right"));
    // Some faults need an unlucky order to show; no single seed is promised to have it.
    else expect(outcomes.filter((text) => text === "right").length).toBeLessThanOrEqual(seeds / 2);
  });
});
