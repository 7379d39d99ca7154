import { emitHopperGemm, hopperTiles, type Emitted, type HopperTile } from "@sigil/compiler";
import { describe, expect, test } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { buildKernels, expectClose, halves, launchKernel, operand, widen, type Half } from "./hopper-kernels.ts";

type Problem = Parameters<typeof emitHopperGemm>[0];
const at = (name: string) => ({ kind: "operand", name }) as const;
const sum = (x: Problem["epilogue"], y: Problem["epilogue"]): Problem["epilogue"] => ({ kind: "binary", function: "add", x, y });
const biased = sum({ kind: "accumulator" }, at("bias"));

/** Rows, columns and depth end within tiles of every size; the batch is smaller than what tiles are chosen for. */
const tokens = 37, batch = 9, rows = tokens * batch, columns = 328, depth = 136, stride = 152;
const symbols = { batch };

function problem(kind: "plain" | "residual" | "float32" | "table"): Problem {
  const operands = kind === "residual" ? [{ name: "bias", index: "column" }, { name: "x", index: "element" }] as const : kind === "table" ? [{ name: "bias", index: "column" }, { name: "x", index: "periodic", period: tokens }] as const : [{ name: "bias", index: "column" }] as const;
  return { family: "gemm", rows: { factor: tokens, symbols: ["batch"] }, columns, depth, b: { kind: "weight", storage: "bfloat16" }, a: { kind: "rows", stride }, epilogue: operands.length > 1 ? sum(biased, at("x")) : biased, epilogueOperands: operands };
}

const extraOf = (kind: Parameters<typeof problem>[0], type: Half) => [operand("float32"), ...(kind === "residual" ? [operand(type)] : kind === "table" ? [operand("float32")] : [])];
const emit = (kind: Parameters<typeof problem>[0], type: Half, tile?: HopperTile): Emitted =>
  emitHopperGemm(problem(kind), { operands: [operand(type, 8), operand(type), ...extraOf(kind, type), operand(kind === "float32" ? "float32" : type, 0, true)], symbols: { batch: 64 } }, tile)!;

const identifier = (tile: HopperTile): string => `c${tile.consumers}s${tile.slabs}n${tile.columns}x${tile.cluster}${tile.alternate ? "t" : ""}`;

describe.skipIf(!hostCompiler)(`the Hopper GEMM ${needsGxx}`, () => {
  async function check(kernels: Readonly<Record<string, readonly [Parameters<typeof problem>[0], Half, Emitted]>>, seeds: readonly number[], checked = false): Promise<void> {
    const module = await buildKernels(Object.fromEntries(Object.entries(kernels).map(([name, [, , emitted]]) => [name, emitted])), checked);
    for (const [name, [kind, type, emitted]] of Object.entries(kernels)) {
      const a = halves(type, 8 + rows * stride, 1), b = halves(type, columns * depth, 2), residual = halves(type, rows * columns, 3);
      const bias = Float32Array.from({ length: columns }, (_, i) => Math.sin(i)), table = Float32Array.from({ length: tokens * columns }, (_, i) => Math.cos(i));
      const expected = Float64Array.from({ length: rows * columns }, (_, i) => {
        const row = Math.floor(i / columns), column = i % columns;
        let dot = bias[column]! + (kind === "residual" ? residual.values[i]! : kind === "table" ? table[(row % tokens) * columns + column]! : 0);
        for (let k = 0; k < depth; k++) dot += a.values[8 + row * stride + k]! * b.values[column * depth + k]!;
        return dot;
      });
      for (const seed of seeds) {
        const bytes = kind === "float32" ? 4 : 2;
        const c = module.allocate((rows + 3) * columns * bytes);
        c.bytes.fill(0xa5);
        const memories = [module.upload(a.bits), module.upload(b.bits), module.upload(bias), ...(kind === "residual" ? [module.upload(residual.bits)] : kind === "table" ? [module.upload(table)] : []), c];
        launchKernel(module, name, emitted, memories.map((memory, i) => ({ memory, offset: i === 0 ? 8 : 0 })), symbols, seed);
        const results = kind === "float32" ? c.as(Float32Array, 4) : Float64Array.from(c.as(Uint16Array, 2), (bits) => widen(type, bits));
        // The result is rounded once (8 bits of bfloat16, 11 of float16); sums of 136 float32 products are closer than that.
        expectClose(results.subarray(0, rows * columns), expected, kind === "float32" ? 1e-5 : type === "bfloat16" ? 2 ** -8 : 2 ** -11, 2e-5, `${name}, seed ${seed}`);
        expect(c.bytes.subarray(rows * columns * bytes).every((byte) => byte === 0xa5), "rows past the last are not written").toBe(true);
        for (const memory of memories) memory.free();
      }
    }
  }

  test("every tile", { timeout: 300_000 }, async () => {
    await check(Object.fromEntries(hopperTiles.map((tile) => [identifier(tile), ["plain", "bfloat16", emit("plain", "bfloat16", tile)]])), [0, 1, 2]);
  });

  const small = hopperTiles.find((tile) => identifier(tile) === "c2s1n128x2")!, turns = hopperTiles.find(({ alternate }) => alternate)!;
  test("every epilogue", { timeout: 300_000 }, async () => {
    await check({
      residual: ["residual", "bfloat16", emit("residual", "bfloat16", small)],
      residual_in_turns: ["residual", "bfloat16", emit("residual", "bfloat16", turns)],
      residual_float16: ["residual", "float16", emit("residual", "float16")],
      float_results: ["float32", "bfloat16", emit("float32", "bfloat16", small)],
      table: ["table", "float16", emit("table", "float16", small)],
    }, [0, 1, 2, 3, 4, 5]);
  });

  // Pictures of 40 by 72 pixels have 2 by 4 patches of 16 and a margin that none covers.
  test("patches of pictures", { timeout: 300_000 }, async () => {
    const [channels, height, width, patch, pictures, outputs] = [3, 40, 72, 16, 21, 136];
    const cells = 2 * 4, size = channels * patch * patch;
    const patches = emitHopperGemm({ ...problem("plain"), rows: { factor: cells, symbols: ["batch"] }, columns: outputs, depth: size, a: { kind: "patches", channels, height, width, patch, gridHeight: 2, gridWidth: 4 } }, { operands: [operand("float32"), operand("bfloat16"), operand("float32"), operand("bfloat16", 0, true)], symbols: { batch: 256 } })!;
    const module = await buildKernels({ patches });
    const pixels = halves("bfloat16", pictures * channels * height * width, 4).values, b = halves("bfloat16", outputs * size, 5);
    const bias = Float32Array.from({ length: outputs }, (_, i) => Math.sin(i));
    const expected = Float64Array.from({ length: pictures * cells * outputs }, (_, i) => {
      const row = Math.floor(i / outputs), column = i % outputs, cell = row % cells;
      let dot = bias[column]!;
      for (let k = 0; k < size; k++) {
        const [channel, y, x] = [Math.floor(k / 256), Math.floor((k % 256) / 16), k % 16];
        dot += pixels[((Math.floor(row / cells) * channels + channel) * height + Math.floor(cell / 4) * 16 + y) * width + (cell % 4) * 16 + x]! * b.values[column * size + k]!;
      }
      return dot;
    });
    for (const seed of [0, 1, 2]) {
      const c = module.allocate(expected.length * 2);
      launchKernel(module, "patches", patches, [Float32Array.from(pixels), b.bits, bias].map((data) => ({ memory: module.upload(data) })).concat({ memory: c }), { batch: pictures }, seed);
      expectClose(Float64Array.from(c.as(Uint16Array, 2), (bits) => widen("bfloat16", bits)), expected, 2 ** -8, 1e-4, `seed ${seed}`);
    }
  });

  // Every access to memory is watched: races, unfenced writes, bounds and alignment.
  test("no thread races another", { timeout: 300_000 }, async () => {
    await check({ small: ["residual", "bfloat16", emit("residual", "bfloat16", small)], turns: ["plain", "bfloat16", emit("plain", "bfloat16", turns)] }, [0, 1], true);
  });

  test("leaves to the portable kernel what TMA cannot address", () => {
    const emitted = (change: Partial<Problem>, offset = 0) => emitHopperGemm({ ...problem("plain"), ...change }, { operands: [operand("bfloat16", offset), operand("bfloat16"), operand("float32"), operand("bfloat16", 0, true)], symbols });
    expect(emitted({})).toBeDefined();
    expect(emitted({}, 4)).toBeUndefined();
    expect(emitted({ depth: 132 })).toBeUndefined();
    expect(emitted({ columns: 324 })).toBeUndefined();
    expect(emitted({ a: { kind: "rows", stride: 150 } })).toBeUndefined();
  });
});
