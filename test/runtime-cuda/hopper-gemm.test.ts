import {
  emitHopperGemm,
  evaluateProblem,
  hopperTiles,
  possibleHopperTiles,
  strideOfB,
  type Emitted,
  type HopperTile,
} from "@sigil/compiler/internal";
import type { QuantizedStorage } from "@sigil/spec";
import { describe, expect, test } from "vitest";
import { asStored, packedMatrix } from "../compiler/backends/problems.ts";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import {
  buildKernels,
  expectClose,
  half,
  halves,
  launchKernel,
  operand,
  widen,
  type Half,
} from "./hopper-kernels.ts";

type Problem = Parameters<typeof emitHopperGemm>[0];
const at = (name: string) => ({ kind: "operand", name }) as const;
const sum = (x: Problem["epilogue"], y: Problem["epilogue"]): Problem["epilogue"] => ({
  kind: "binary",
  function: "add",
  x,
  y,
});
const biased = sum({ kind: "accumulator" }, at("bias"));

/**
 * Rows, columns and depth end within tiles of every size; the batch is smaller than what tiles are
 * chosen for.
 */
const tokens = 37,
  batch = 9,
  rows = tokens * batch,
  columns = 328,
  depth = 136,
  stride = 152;
const symbols = { batch };

function problem(kind: "plain" | "residual" | "float32" | "table"): Problem {
  const operands =
    kind === "residual"
      ? ([
          { name: "bias", index: "column" },
          { name: "x", index: "element" },
        ] as const)
      : kind === "table"
        ? ([
            { name: "bias", index: "column" },
            { name: "x", index: "periodic", period: tokens },
          ] as const)
        : ([{ name: "bias", index: "column" }] as const);
  return {
    family: "gemm",
    rows: { factor: tokens, symbols: ["batch"] },
    columns,
    depth,
    b: { kind: "weight", storage: "bfloat16" },
    a: { kind: "rows", stride },
    epilogue: operands.length > 1 ? sum(biased, at("x")) : biased,
    epilogueOperands: operands,
  };
}

const extraOf = (kind: Parameters<typeof problem>[0], type: Half) => [
  operand("float32"),
  ...(kind === "residual" ? [operand(type)] : kind === "table" ? [operand("float32")] : []),
];
const emit = (kind: Parameters<typeof problem>[0], type: Half, tile?: HopperTile): Emitted =>
  emitHopperGemm(
    problem(kind),
    {
      operands: [
        operand(type, 8),
        operand(type),
        ...extraOf(kind, type),
        operand(kind === "float32" ? "float32" : type, 0, true),
      ],
      symbols: { batch: 64 },
    },
    tile,
  )!;

const identifier = (tile: HopperTile): string =>
  `c${tile.consumers}s${tile.slabs}n${tile.columns}x${tile.cluster}${tile.alternate ? "t" : ""}`;

describe.skipIf(!hostCompiler)(`the Hopper GEMM ${needsGxx}`, () => {
  async function check(
    kernels: Readonly<Record<string, readonly [Parameters<typeof problem>[0], Half, Emitted]>>,
    seeds: readonly number[],
    checked = false,
  ): Promise<void> {
    const module = await buildKernels(
      Object.fromEntries(Object.entries(kernels).map(([name, [, , emitted]]) => [name, emitted])),
      checked,
    );
    for (const [name, [kind, type, emitted]] of Object.entries(kernels)) {
      const a = halves(type, 8 + rows * stride, 1),
        b = halves(type, columns * depth, 2),
        residual = halves(type, rows * columns, 3);
      const bias = Float32Array.from({ length: columns }, (_, i) => Math.sin(i)),
        table = Float32Array.from({ length: tokens * columns }, (_, i) => Math.cos(i));
      const expected = Float64Array.from({ length: rows * columns }, (_, i) => {
        const row = Math.floor(i / columns),
          column = i % columns;
        let dot =
          bias[column]! +
          (kind === "residual"
            ? residual.values[i]!
            : kind === "table"
              ? table[(row % tokens) * columns + column]!
              : 0);
        for (let k = 0; k < depth; k++)
          dot += a.values[8 + row * stride + k]! * b.values[column * depth + k]!;
        return dot;
      });
      for (const seed of seeds) {
        const bytes = kind === "float32" ? 4 : 2;
        const c = module.allocate((rows + 3) * columns * bytes);
        c.bytes.fill(0xa5);
        const memories = [
          module.upload(a.bits),
          module.upload(b.bits),
          module.upload(bias),
          ...(kind === "residual"
            ? [module.upload(residual.bits)]
            : kind === "table"
              ? [module.upload(table)]
              : []),
          c,
        ];
        launchKernel(
          module,
          name,
          emitted,
          memories.map((memory, i) => ({ memory, offset: i === 0 ? 8 : 0 })),
          symbols,
          seed,
        );
        const results =
          kind === "float32"
            ? c.as(Float32Array, 4)
            : Float64Array.from(c.as(Uint16Array, 2), (bits) => widen(type, bits));
        // The result is rounded once (8 bits of bfloat16, 11 of float16); sums of 136 float32
        // products are closer than that.
        expectClose(
          results.subarray(0, rows * columns),
          expected,
          kind === "float32" ? 1e-5 : type === "bfloat16" ? 2 ** -8 : 2 ** -11,
          2e-5,
          `${name}, seed ${seed}`,
        );
        expect(
          c.bytes.subarray(rows * columns * bytes).every((byte) => byte === 0xa5),
          "rows past the last are not written",
        ).toBe(true);
        for (const memory of memories) memory.free();
      }
    }
  }

  test("every tile", { timeout: 300_000 }, async () => {
    await check(
      Object.fromEntries(
        hopperTiles.map((tile) => [
          identifier(tile),
          ["plain", "bfloat16", emit("plain", "bfloat16", tile)],
        ]),
      ),
      [0, 1, 2],
    );
  });

  const small = hopperTiles.find((tile) => identifier(tile) === "c2s1n128x2")!,
    turns = hopperTiles.find(({ alternate }) => alternate)!;
  test("every epilogue", { timeout: 300_000 }, async () => {
    await check(
      {
        residual: ["residual", "bfloat16", emit("residual", "bfloat16", small)],
        residual_in_turns: ["residual", "bfloat16", emit("residual", "bfloat16", turns)],
        residual_float16: ["residual", "float16", emit("residual", "float16")],
        float_results: ["float32", "bfloat16", emit("float32", "bfloat16", small)],
        table: ["table", "float16", emit("table", "float16", small)],
      },
      [0, 1, 2, 3, 4, 5],
    );
  });

  /**
   * Pictures with two rows of four patches and a margin that none covers; three tiles of C a block,
   * the last rows of it ragged.
   */
  const cells = 8,
    outputs = 136;
  const patches = (
    kind: "patches" | "byte_patches",
    type: Half,
    patch: number,
    margin: number,
    channels = 3,
  ): Problem => ({
    family: "gemm",
    rows: { factor: cells, symbols: ["batch"] },
    columns: outputs,
    depth: channels * patch * patch,
    b: { kind: "weight", storage: type },
    a: {
      kind,
      channels,
      height: 2 * patch + 3,
      width: 4 * patch + margin,
      patch,
      gridHeight: 2,
      gridWidth: 4,
    },
    // Bytes are scaled after the products.
    epilogue:
      kind === "patches"
        ? biased
        : sum(
            {
              kind: "binary",
              function: "mul",
              x: { kind: "accumulator" },
              y: { kind: "constant", value: 1 / 128 },
            },
            at("bias"),
          ),
    epilogueOperands: [{ name: "bias", index: "column" }],
  });

  async function checkPatches(
    cases: Readonly<Record<string, Problem>>,
    pictures: number,
    seeds: readonly number[],
    { checked = false, tile }: { readonly checked?: boolean; readonly tile?: HopperTile } = {},
  ): Promise<void> {
    const typeOf = ({ b }: Problem) => (b as { readonly storage: Half }).storage;
    const emitted = Object.fromEntries(
      Object.entries(cases).map(([name, given]) => [
        name,
        emitHopperGemm(
          given,
          {
            operands: [
              operand(given.a.kind === "patches" ? "float32" : "uint8"),
              operand(typeOf(given)),
              operand("float32"),
              operand(typeOf(given), 0, true),
            ],
            symbols: { batch: 256 },
          },
          tile,
        )!,
      ]),
    );
    const module = await buildKernels(emitted, checked);
    for (const [name, given] of Object.entries(cases)) {
      const { a: shape, depth } = given,
        type = typeOf(given);
      if (shape.kind === "rows") throw new Error("not patches");
      const count = pictures * shape.channels * shape.height * shape.width;
      // Floats that 16 bits keep, so that rounding them is not what is measured.
      const pixels =
        shape.kind === "patches"
          ? Float32Array.from(halves(type, count, 4).values)
          : Uint8Array.from({ length: count }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
      const b = halves(type, outputs * depth, 5),
        bias = Float32Array.from({ length: outputs }, (_, i) => Math.sin(i));
      // Rows of B as a plan has them packed: 16-byte multiples, zeros behind.
      const stride = Math.ceil(depth / 8) * 8,
        packed = new Uint16Array(outputs * stride);
      for (let row = 0; row < outputs; row++)
        packed.set(b.bits.subarray(row * depth, (row + 1) * depth), row * stride);
      const expected = new Float64Array(pictures * cells * outputs);
      evaluateProblem(
        given,
        [Float64Array.from(pixels), b.values, Float64Array.from(bias), expected],
        { batch: pictures },
      );
      for (const seed of seeds) {
        const c = module.allocate((expected.length + 8) * 2);
        c.bytes.fill(0xa5);
        const memories = [...[pixels, packed, bias].map((data) => module.upload(data)), c];
        launchKernel(
          module,
          name,
          emitted[name]!,
          memories.map((memory) => ({ memory })),
          { batch: pictures },
          seed,
        );
        const results = Float64Array.from(c.as(Uint16Array, 2), (bits) =>
          widen(type, bits),
        ).subarray(0, expected.length);
        // As above; sums of bytes have terms up to twice as large, and up to 768 of them.
        expectClose(
          results,
          expected,
          type === "bfloat16" ? 2 ** -8 : 2 ** -11,
          1e-4,
          `${name}, seed ${seed}`,
        );
        expect(
          c.bytes.subarray(expected.length * 2).every((byte) => byte === 0xa5),
          "rows past the last are not written",
        ).toBe(true);
        for (const memory of memories) memory.free();
      }
    }
  }

  // Runs of 4 and of 2 pixels, of 8, 2 and 1 bytes; depths of 768, 588 in rows of 592, and 49 in
  // rows of 56.
  test("patches of pictures, floats and bytes", { timeout: 300_000 }, async () => {
    await checkPatches(
      {
        floats_16: patches("patches", "bfloat16", 16, 8),
        floats_14: patches("patches", "float16", 14, 2),
        floats_7: patches("patches", "bfloat16", 7, 1, 1),
        bytes_16: patches("byte_patches", "bfloat16", 16, 8),
        bytes_14: patches("byte_patches", "bfloat16", 14, 2),
        bytes_14_float16: patches("byte_patches", "float16", 14, 4),
        bytes_7: patches("byte_patches", "float16", 7, 1, 1),
      },
      75,
      [0, 1],
    );
    // One warpgroup multiplies where there are few pictures.
    const narrow = hopperTiles.find((tile) => identifier(tile) === "c1s1n64x1")!;
    await checkPatches(
      {
        floats_14: patches("patches", "bfloat16", 14, 2),
        bytes_16: patches("byte_patches", "float16", 16, 8),
      },
      21,
      [0, 1],
      { tile: narrow },
    );
  });

  /** Codes and scales; 328 columns end within every tile, and blocks take several tiles in turn. */
  const codes = (
    storage: QuantizedStorage,
    type: Half,
    size: number,
    tile?: HopperTile,
  ): { readonly given: Problem; readonly emitted: Emitted; readonly type: Half } => {
    const given: Problem = {
      ...problem("plain"),
      depth: size,
      b: { kind: "weight", storage },
      a: { kind: "rows", stride: Math.ceil(size / 8) * 8 + 16 },
    };
    const operands = [
      operand(type, 8),
      { ...operand("uint8"), quantized: storage },
      operand("float32"),
      operand(type, 0, true),
    ];
    return { given, type, emitted: emitHopperGemm(given, { operands, symbols }, tile)! };
  };

  async function checkCodes(
    cases: Readonly<Record<string, ReturnType<typeof codes>>>,
    seeds: readonly number[],
    checked = false,
  ): Promise<void> {
    const module = await buildKernels(
      Object.fromEntries(Object.entries(cases).map(([name, { emitted }]) => [name, emitted])),
      checked,
    );
    for (const [name, { given, emitted, type }] of Object.entries(cases)) {
      const { depth: size, a: shape, b: weight } = given;
      if (shape.kind !== "rows" || weight.kind !== "weight") throw new Error("other operands");
      const storage = weight.storage as QuantizedStorage;
      const a = halves(type, 8 + rows * shape.stride, 1);
      const values = Float32Array.from(halves(type, columns * size, 2).values);
      const bias = Float32Array.from({ length: columns }, (_, i) => Math.sin(i));
      const packed = packedMatrix(values, {
        ...{ rows: columns, columns: size, width: 1, storage },
        panelColumns: strideOfB(given),
      });
      // What a code stands for is rounded to the type of A before it is multiplied.
      const b = Float64Array.from(asStored(values, size, storage), (x) =>
        widen(type, half(type, x)),
      );
      const expected = new Float64Array(rows * columns);
      evaluateProblem(given, [a.values.subarray(8), b, Float64Array.from(bias), expected], symbols);
      for (const seed of seeds) {
        const c = module.allocate((expected.length + 8) * 2);
        c.bytes.fill(0xa5);
        const memories = [module.upload(a.bits), module.upload(packed), module.upload(bias), c];
        launchKernel(
          module,
          name,
          emitted,
          memories.map((memory, i) => ({ memory, offset: i === 0 ? 8 : 0 })),
          symbols,
          seed,
        );
        expectClose(
          Float64Array.from(c.as(Uint16Array, 2), (bits) => widen(type, bits)).subarray(
            0,
            expected.length,
          ),
          expected,
          type === "bfloat16" ? 2 ** -8 : 2 ** -11,
          1e-4,
          `${name}, seed ${seed}`,
        );
        expect(
          c.bytes.subarray(expected.length * 2).every((byte) => byte === 0xa5),
          "rows past the last are not written",
        ).toBe(true);
        for (const memory of memories) memory.free();
      }
    }
  }

  test("weights of codes, in every tile that can unpack", { timeout: 300_000 }, async () => {
    const tiles = possibleHopperTiles({ carries: false, unpacking: 6 });
    expect(tiles.map(identifier)).toEqual([
      "c2s1n192x1",
      "c2s1n128x1",
      "c1s1n192x1",
      "c1s1n128x1",
      "c1s1n64x1",
    ]);
    await checkCodes(
      Object.fromEntries(
        tiles.map((tile) => [
          identifier(tile),
          codes({ bits: 8, group: 32 }, "bfloat16", 136, tile),
        ]),
      ),
      [0, 1, 2],
    );
  });

  test("weights of every kind of codes", { timeout: 300_000 }, async () => {
    const kinds: Readonly<Record<string, QuantizedStorage>> = {
      int8: { bits: 8, group: 999 },
      int4: { bits: 4, group: 32 },
      int4_zeros: { bits: 4, group: 64, zero_point: true },
      nf4: { bits: 4, group: 64, book: "nf4" },
      fp4: { bits: 4, group: 16, book: "fp4" },
    };
    // The depth ends in a run of codes, but where zero points would need one of their own.
    await checkCodes(
      Object.fromEntries(
        Object.entries(kinds).flatMap(([name, storage]) =>
          (["bfloat16", "float16"] as const).map((type) => [
            `${name}_${type}`,
            codes(storage, type, storage.zero_point ? 200 : 203),
          ]),
        ),
      ),
      [0, 1],
    );
  });

  test("leaves to the portable kernel what threads cannot hold", () => {
    const left = (storage: QuantizedStorage, size: number) =>
      codes(storage, "bfloat16", size).emitted === undefined;
    expect(left({ bits: 4, group: 32 }, 203)).toBe(false);
    // Several scales in a run of eight, or one for what pads a row.
    expect(left({ bits: 4, group: 6 }, 203)).toBe(true);
    expect(left({ bits: 4, group: 32, zero_point: true }, 203)).toBe(true);
  });

  // Every access to memory is watched: races, unfenced writes, bounds and alignment.
  test("no thread races another", { timeout: 300_000 }, async () => {
    await check(
      {
        small: ["residual", "bfloat16", emit("residual", "bfloat16", small)],
        turns: ["plain", "bfloat16", emit("plain", "bfloat16", turns)],
      },
      [0, 1],
      true,
    );
    await checkPatches(
      {
        floats: patches("patches", "bfloat16", 14, 2),
        bytes: patches("byte_patches", "bfloat16", 14, 2),
      },
      33,
      [0, 1],
      { checked: true },
    );
    await checkCodes(
      {
        int8: codes({ bits: 8, group: 32 }, "bfloat16", 136),
        int4: codes({ bits: 4, group: 32, zero_point: true }, "float16", 136),
      },
      [0, 1],
      true,
    );
  });

  test("leaves to the portable kernel what TMA cannot address", () => {
    const emitted = (change: Partial<Problem>, offset = 0) =>
      emitHopperGemm(
        { ...problem("plain"), ...change },
        {
          operands: [
            operand("bfloat16", offset),
            operand("bfloat16"),
            operand("float32"),
            operand("bfloat16", 0, true),
          ],
          symbols,
        },
      );
    expect(emitted({})).toBeDefined();
    expect(emitted({}, 4)).toBeUndefined();
    // B's rows are padded; those of A are what they are.
    expect(
      emitted({ depth: 132 })!.kernel.tensorMaps.map(({ sizes, strides }) => [
        sizes[0],
        ...strides,
      ]),
    ).toEqual([
      [132, 304],
      [132, 272],
    ]);
    expect(emitted({ columns: 324 })).toBeUndefined();
    expect(emitted({ a: { kind: "rows", stride: 150 } })).toBeUndefined();
  });
});
