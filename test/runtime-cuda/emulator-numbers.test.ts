import { describe, expect, test } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { EmulatedModule } from "./emulated.ts";

/** A kernel that computes each element of `out` from the one of `in`. */
const kernel = (name: string, from: string, to: string, value: string): string => `
SIGIL_KERNEL(${name}, 256, 1)(const ${from}* in, ${to}* out) {
  const int i = block_x() * 256 + thread_x();
  out[i] = ${value};
}
SIGIL_EXPORT(${name})`;
const source = [
  `#include "platform/numbers.cuh"`,
  "using namespace sigil;",
  kernel("widen_f16", "f16", "float", "widen(in[i])"),
  kernel("widen_bf16", "bf16", "float", "widen(in[i])"),
  kernel("narrow_f16", "float", "f16", "narrow<f16>(in[i])"),
  kernel("narrow_bf16", "float", "bf16", "narrow<bf16>(in[i])"),
  kernel("pairs", "float", "uint32_t", "narrow_pair<f16>(in[i], 1.0f)"),
  kernel("fast_exp2_all", "float", "float", "fast_exp2(in[i])"),
  kernel("fast_tanh_all", "float", "float", "fast_tanh(in[i])"),
].join("\n");

const floatOf = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0]!;

/** A 16-bit number with so many bits of exponent and mantissa, by its definition. */
const decode = (bits: number, exponentBits: number, mantissaBits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1,
    exponent = (bits & 0x7fff) >> mantissaBits,
    mantissa = (bits & ((1 << mantissaBits) - 1)) / (1 << mantissaBits);
  const bias = (1 << (exponentBits - 1)) - 1;
  if (exponent === (1 << exponentBits) - 1) return mantissa ? NaN : sign * Infinity;
  return exponent === 0
    ? sign * mantissa * 2 ** (1 - bias)
    : sign * (1 + mantissa) * 2 ** (exponent - bias);
};

const formats = [
  ["f16", 5, 10],
  ["bf16", 8, 7],
] as const;

describe.skipIf(!hostCompiler)(`numbers in emulated kernels ${needsGxx}`, () => {
  const built = hostCompiler && EmulatedModule.build({ numbers: source });
  const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
  const run = async <T extends Float32Array | Uint16Array | Uint32Array>(
    kernel: string,
    input: ArrayBufferView & { length: number },
    array: new (buffer: ArrayBufferLike, offset: number, length: number) => T,
    bytes: number,
    seed = 0,
  ): Promise<T> => {
    const module = (await built)!;
    const from = module.upload(input),
      to = module.allocate(input.length * bytes);
    module.launch(kernel, {
      grid: [input.length / 256],
      threads: 256,
      parameters: [from, to],
      seed,
    });
    const result = to.as(array, bytes).slice() as T;
    from.free();
    to.free();
    return result;
  };

  test.each(formats)(
    "every %s is widened as its definition says",
    async (name, exponentBits, mantissaBits) => {
      const widened = await run(`widen_${name}`, all, Float32Array, 4);
      expect([...widened]).toEqual(
        [...all].map((bits) => decode(bits, exponentBits, mantissaBits)),
      );
    },
  );

  test.each(formats)(
    "%s: between every two neighbours, rounding goes to the nearest and ties to even",
    async (name, exponentBits, mantissaBits) => {
      const infinity = ((1 << exponentBits) - 1) << mantissaBits;
      const inputs: number[] = [],
        expected: number[] = [];
      const add = (value: number, bits: number): void =>
        void (inputs.push(value, -value), expected.push(bits, bits | 0x8000));
      // The largest finite number's neighbour would be the power of two that rounds to infinity.
      const value = (bits: number): number =>
        bits === infinity
          ? 2 ** (1 << (exponentBits - 1))
          : decode(bits, exponentBits, mantissaBits);
      for (let bits = 0; bits < infinity; bits++) {
        const low = value(bits),
          high = value(bits + 1),
          middle = (low + high) / 2;
        add(low, bits);
        if (Math.fround(middle) !== middle) continue;
        const at = new Uint32Array(Float32Array.of(middle).buffer)[0]!;
        add(middle, bits % 2 === 0 ? bits : bits + 1);
        if (middle > 0) add(floatOf(at - 1), bits);
        add(floatOf(at + 1), bits + 1);
      }
      for (const bits of [0x7fc00000, 0x7f800001, 0xffc00000])
        inputs.push(floatOf(bits)), expected.push(0x7fff);
      inputs.push(Infinity, -Infinity, 3e38, -3e38);
      expected.push(
        infinity,
        infinity | 0x8000,
        ...(name === "f16" ? [infinity, infinity | 0x8000] : [0x7f62, 0xff62]),
      );
      while (inputs.length % 256) inputs.push(1), expected.push(name === "f16" ? 0x3c00 : 0x3f80);
      const narrowed = await run(`narrow_${name}`, Float32Array.from(inputs), Uint16Array, 2);
      const wrong = expected.flatMap((bits, i) =>
        narrowed[i] === bits ? [] : [[inputs[i], bits, narrowed[i]]],
      );
      expect(wrong.slice(0, 5)).toEqual([]);
      expect(inputs.length).toBeGreaterThan(60_000);
    },
  );

  test("a pair has its first value in the low half", async () => {
    expect((await run("pairs", new Float32Array(256).fill(-2), Uint32Array, 4))[0]).toBe(
      0x3c00c000,
    );
  });

  // 2 ulp of ex2.approx and 2^-10.987 of tanh.approx: PTX ISA; half an ulp for the float32
  // reference itself.
  test.each([
    ["fast_exp2_all", (x: number): number => 2 ** x, 2.5 * 2 ** -23],
    ["fast_tanh_all", Math.tanh, 2 ** -10.987 + 2 ** -23],
  ] as const)(
    "%s is exact in order and off by what hardware may be off by with a seed",
    async (kernel, exact, bound) => {
      const inputs = Float32Array.from({ length: 4096 }, (_, i) => (i - 2048) / 128);
      const worst = (values: Float32Array): number =>
        values.reduce(
          (most, value, i) => Math.max(most, Math.abs(value / exact(inputs[i]!) - 1) || 0),
          0,
        );
      expect(worst(await run(kernel, inputs, Float32Array, 4))).toBeLessThan(1.5 * 2 ** -23);
      for (const seed of [1, 2]) {
        const result = await run(kernel, inputs, Float32Array, 4, seed);
        expect(worst(result)).toBeLessThanOrEqual(bound);
        expect(worst(result)).toBeGreaterThan(bound / 4);
        expect(result).toEqual(await run(kernel, inputs, Float32Array, 4, seed));
      }
    },
  );

  test("ends of the range", async () => {
    const inputs = new Float32Array(256);
    inputs.set([-Infinity, Infinity, NaN, 0, -127, -200, 128, 300]);
    for (const seed of [0, 1]) {
      expect([
        ...(await run("fast_exp2_all", inputs, Float32Array, 4, seed)).subarray(0, 8),
      ]).toEqual([0, Infinity, NaN, 1, 0, 0, Infinity, Infinity]);
      expect(
        [...(await run("fast_tanh_all", inputs, Float32Array, 4, seed)).subarray(0, 4)].map(
          (x) => Math.round(x * 1e3) / 1e3,
        ),
      ).toEqual([-1, 1, NaN, 0].map((x) => (seed && Math.abs(x) === 1 ? expect.closeTo(x, 3) : x)));
    }
  });
});
