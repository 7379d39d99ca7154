/** Weights beyond 4 GiB, in memory and in a file, without taking as much of either. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadAddon } from "@sigil/runtime-native";
import type { NativeKernels, PlannedProgram, PlannedWeight } from "@sigil/spec";
import { afterAll, describe, expect, it } from "vitest";
import { encodeProgram } from "../../runtime-native/dist/encode.js";
import { needsGxx } from "../support/gxx.ts";
import { instructionSets } from "../support/native.ts";
import { randomValues } from "../compiler/backends/problems.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-large-"));
afterAll(() => rmSync(folder, { recursive: true }));

const [rows, columns, depth] = [3, 16, 8];
const weight = (more: Partial<PlannedWeight>): PlannedWeight => ({
  offset: 0,
  bytes: 0,
  rows: columns,
  columns: depth,
  layout: { kind: "panels", width: 8, storage: "float32" },
  parts: [],
  ...more,
});
/** 4.4 GB that nothing touches, and behind them what is multiplied by. */
const large = 33_000;
const program: PlannedProgram = {
  name: "large",
  symbols: {},
  inputs: [],
  outputs: [],
  weights: [
    weight({ rows: large, columns: large, layout: { kind: "rows" } }),
    weight({ offset: 4 * large ** 2 }),
  ],
  weightBytes: 4 * large ** 2 + 4 * columns * depth,
  arenaBytes: 4096,
  scratchBytes: 0,
  gathers: [],
  init: [],
  launches: [
    {
      kernel: "gemm",
      operands: [
        { space: "arena", offset: 0 },
        { space: "weights", offset: 4 * large ** 2 },
        { space: "arena", offset: 2048 },
      ],
      extents: [],
      origins: [],
    },
  ],
  flops: 0,
};
const kernels: NativeKernels = {
  gemm: {
    family: "gemm",
    rows,
    columns,
    depth,
    b: "float32",
    a: { kind: "rows", stride: depth },
    code: [],
    operands: [],
  },
};

describe.skipIf(instructionSets.length === 0)(`weights beyond 4 GiB ${needsGxx}`, () => {
  it("are read from where they are, and multiplied by", async () => {
    const [a, b] = [randomValues(rows * depth, 1), randomValues(columns * depth, 2)];
    const path = join(folder, "sparse");
    const offset = 2 ** 32 + 4096;
    const file = openSync(path, "w+");
    writeSync(file, new Uint8Array(b.buffer), 0, b.byteLength, offset);
    const { Program } = loadAddon();
    const loaded = new Program(encodeProgram(program, kernels), instructionSets[0]!, 1);
    expect(loaded.bytes()).toBeGreaterThan(2 ** 32);
    await loaded.place(1, [{ rows: columns, descriptor: file, offset, type: 0 }]);
    await loaded.initialize();
    const {
      outputs: [output],
    } = await loaded.run(
      [],
      [{ at: 0, data: a }],
      [{ at: 2048, bytes: 4 * rows * columns }],
      false,
    );
    loaded.dispose();
    closeSync(file);
    const expected = Array.from({ length: rows * columns }, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      let sum = 0;
      for (let k = 0; k < depth; k++) sum += a[row * depth + k]! * b[column * depth + k]!;
      return sum;
    });
    // Sums of eight products below 1.
    new Float32Array(output!).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
  });
});
