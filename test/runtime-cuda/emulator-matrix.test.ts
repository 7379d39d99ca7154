import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { EmulatedModule } from "./emulated.ts";

// Fragments are filled from global memory as the PTX ISA draws them, element by element, so that
// loads and products are checked against its text and not against each other.
const fragments = `#include "platform/matrix.cuh"
using namespace sigil;
template <class T> SIGIL_DEVICE uint32_t pair(T low, T high) {
  return low.bits | static_cast<uint32_t>(high.bits) << 16;
}
template <class T> SIGIL_DEVICE void product(const T* a, const T* b, float* c) {
  const int group = thread_x() / 4, in_group = thread_x() % 4;
  uint32_t fragment_a[4], fragment_b[2];
  for (int i = 0; i < 4; i++) {
    const int row = group + (i % 2 ? 8 : 0), column = in_group * 2 + (i >= 2 ? 8 : 0);
    fragment_a[i] = pair(a[row * 16 + column], a[row * 16 + column + 1]);
  }
  for (int i = 0; i < 2; i++) {
    const int k = in_group * 2 + 8 * i;
    fragment_b[i] = pair(b[k * 8 + group], b[(k + 1) * 8 + group]);
  }
  float sums[4];
  for (int i = 0; i < 4; i++) sums[i] = c[(group + (i >= 2 ? 8 : 0)) * 8 + in_group * 2 + i % 2];
  multiply_m16n8k16<T>(sums, fragment_a, fragment_b);
  for (int i = 0; i < 4; i++) c[(group + (i >= 2 ? 8 : 0)) * 8 + in_group * 2 + i % 2] = sums[i];
}
SIGIL_KERNEL(product_f16, 32, 1)(const f16* a, const f16* b, float* c) { product(a, b, c); }
SIGIL_EXPORT(product_f16)
SIGIL_KERNEL(product_bf16, 32, 1)(const bf16* a, const bf16* b, float* c) { product(a, b, c); }
SIGIL_EXPORT(product_bf16)
template <bool transposed> SIGIL_DEVICE void load(const uint16_t* from, uint32_t* to) {
  uint16_t* const shared = reinterpret_cast<uint16_t*>(shared_memory());
  for (int i = thread_x(); i < 256; i += 32) shared[i] = from[i];
  sync_warp();
  uint32_t fragment[4];
  if (transposed) load_matrix_x4_transposed(fragment, shared + thread_x() * 8);
  else load_matrix_x4(fragment, shared + thread_x() * 8);
  for (int i = 0; i < 4; i++) to[thread_x() * 4 + i] = fragment[i];
}
SIGIL_KERNEL(load_plain, 32, 1)(const uint16_t* from, uint32_t* to) { load<false>(from, to); }
SIGIL_EXPORT(load_plain)
SIGIL_KERNEL(load_transposed, 32, 1)(const uint16_t* from, uint32_t* to) { load<true>(from, to); }
SIGIL_EXPORT(load_transposed)
`;

const tiles = readFileSync(join(import.meta.dirname, "../../bench/gpu/units/products.cuh"), "utf8");

interface Shape {
  readonly name: string;
  readonly type: "f16" | "bf16";
  readonly n: number;
  readonly span: number;
  readonly transposed: boolean;
  readonly registers: boolean;
}
const shapes: readonly Shape[] = (["f16", "bf16"] as const).flatMap((type) =>
  [0, 32, 64, 128].flatMap((span) =>
    [false, true].flatMap((transposed) => {
      const n = { 0: 8, 32: 72, 64: 96, 128: 256 }[span]!;
      return [false, true].map((registers) => ({
        name: `${type}_${n}_${span}_${transposed ? "mn" : "k"}_${registers ? "r" : "s"}`,
        type,
        n,
        span,
        transposed,
        registers,
      }));
    }),
  ),
);

/** Small integers and halves: exact in both formats and in every order of float32 sums. */
const exactValues = (count: number, salt: number): number[] =>
  Array.from({ length: count }, (_, i) => ((Math.imul(i + salt, 2654435761) >>> 24) % 17) / 2 - 4);
const encode = (value: number, type: "f16" | "bf16"): number => {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  if (type === "bf16") return bits >>> 16;
  return value === 0
    ? 0
    : ((bits >>> 16) & 0x8000) | ((((bits >>> 23) & 255) - 112) << 10) | ((bits >>> 13) & 1023);
};
const encodeAll = (values: readonly number[], type: "f16" | "bf16"): Uint16Array =>
  Uint16Array.from(values, (value) => encode(value, type));

describe.skipIf(!hostCompiler)(`matrix instructions compute what PTX defines ${needsGxx}`, () => {
  const plain = hostCompiler && EmulatedModule.build({ fragments }, { checked: true });
  const kernels = shapes.map(
    ({ name, type, n, span, transposed, registers }) =>
      `SIGIL_KERNEL(${name}, 128, 1)(const ${type}* a, const ${type}* b, float* c) { ` +
      `product<${type}, ${n}, ${span}, ${transposed}, ${registers}>(a, b, c); ` +
      `}\nSIGIL_EXPORT(${name})\n`,
  );
  const build = (unfenced: 0 | 1): Promise<EmulatedModule> =>
    EmulatedModule.build(
      { tiles: `#define UNFENCED ${unfenced}\n${tiles}${kernels.join("")}` },
      { checked: true },
    );
  const warpgroup = hostCompiler && build(0);

  test.each(["f16", "bf16"] as const)("m16n8k16 of %s", async (type) => {
    const module = (await plain)!;
    const a = exactValues(256, 1),
      b = exactValues(128, 2),
      c = exactValues(128, 3);
    const memory = module.upload(Float32Array.from(c));
    module.launch(`product_${type}`, {
      grid: [1],
      threads: 32,
      parameters: [module.upload(encodeAll(a, type)), module.upload(encodeAll(b, type)), memory],
      seed: 3,
    });
    const expected = c.map(
      (sum, at) =>
        sum +
        Array.from(
          { length: 16 },
          (_, k) => a[Math.floor(at / 8) * 16 + k]! * b[k * 8 + (at % 8)]!,
        ).reduce((x, y) => x + y),
    );
    expect([...memory.as(Float32Array, 4)]).toEqual(expected);
  });

  test.each([
    ["load_plain", false],
    ["load_transposed", true],
  ] as const)("%s", async (kernel, transposed) => {
    const module = (await plain)!;
    const to = module.allocate(512);
    module.launch(kernel, {
      grid: [1],
      threads: 32,
      sharedBytes: 512,
      parameters: [module.upload(Uint16Array.from({ length: 256 }, (_, i) => i)), to],
      seed: 1,
    });
    const element = (matrix: number, row: number, column: number): number =>
      matrix * 64 + (transposed ? column * 8 + row : row * 8 + column);
    const expected = Array.from({ length: 128 }, (_, at) => {
      const lane = at >> 2,
        row = lane >> 2,
        column = (lane % 4) * 2;
      return element(at % 4, row, column) | (element(at % 4, row, column + 1) << 16);
    });
    expect([...to.as(Uint32Array, 4)]).toEqual(expected);
  });

  test.each(shapes)("wgmma $name", async ({ name, type, n, span }) => {
    const module = (await warpgroup)!;
    const depth = span === 0 ? 16 : span / 2;
    const a = exactValues(64 * depth, 5),
      b = exactValues(n * depth, 6);
    const c = module.allocate(64 * n * 4),
      from = [module.upload(encodeAll(a, type)), module.upload(encodeAll(b, type))];
    const expected = Array.from(
      { length: 64 * n },
      (_, at) =>
        0.5 +
        Array.from(
          { length: depth },
          (_, k) => a[Math.floor(at / n) * depth + k]! * b[(at % n) * depth + k]!,
        ).reduce((x, y) => x + y),
    );
    for (const seed of [0, 1, 2]) {
      c.bytes.fill(255);
      module.launch(name, {
        grid: [1],
        threads: 128,
        sharedBytes: 64 * 128 + 256 * 128 + 1024,
        parameters: [...from, c],
        seed,
      });
      expect([...c.as(Float32Array, 4)]).toEqual(expected);
    }
  });

  test("tiles written by threads and not fenced are a fault of their own", async () => {
    const module = await build(1);
    const { name, n, span } = shapes.at(-4)!;
    const memory = module.allocate(65536 * 4);
    memory.bytes.fill(0);
    expect(() =>
      module.launch(name, {
        grid: [1],
        threads: 128,
        sharedBytes: 64 * 128 + 256 * 128 + 1024,
        parameters: [memory, memory, module.allocate(64 * n * 4)],
      }),
    ).toThrow(/reads shared\+\d+, which thread \d+ wrote without a fence_async_proxy after it/);
    expect(span).toBe(128);
  });
});
