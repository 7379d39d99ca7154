/**
 * Hopper kernels on their own: emitted for a problem, emulated, with operands and references made
 * here.
 */
import {
  kernelSource,
  type CudaOperand,
  type EmitContext,
  type Emitted,
} from "@sigil/compiler/internal";
import type { Extent } from "@sigil/spec";
import { expect } from "vitest";
import { EmulatedModule, type EmulatedMemory } from "./emulated.ts";

export type Half = "float16" | "bfloat16";

const float = new Float32Array(1),
  word = new Uint32Array(float.buffer);

/** The 16 bits nearest to a value; ties to even. */
export function half(type: Half, value: number): number {
  if (type === "float16") {
    const bits = new Uint16Array(1);
    new DataView(bits.buffer).setUint16(0, float16Bits(value), true);
    return bits[0]!;
  }
  float[0] = value;
  return (word[0]! + 0x7fff + ((word[0]! >>> 16) & 1)) >>> 16;
}

function float16Bits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 2 ** -30)));
  const steps = size / 2 ** (exponent - 10);
  const rounded =
    Math.floor(steps) +
    (steps % 1 > 0.5 || (steps % 1 === 0.5 && Math.floor(steps) % 2 === 1) ? 1 : 0);
  return sign | (exponent === -14 ? rounded : (exponent + 15) * 1024 + (rounded - 1024));
}

export function widen(type: Half, bits: number): number {
  if (type === "bfloat16") {
    word[0] = bits << 16;
    return float[0]!;
  }
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/**
 * `count` values about one in size, the same for the same salt, and what they are once rounded to
 * 16 bits.
 */
export function halves(
  type: Half,
  count: number,
  salt: number,
): { readonly bits: Uint16Array; readonly values: Float64Array } {
  let state = salt * 0x9e3779b9 + 1;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const bits = Uint16Array.from({ length: count }, () => half(type, random() + 0.5 * random()));
  return { bits, values: Float64Array.from(bits, (b) => widen(type, b)) };
}

export const operand = (type: CudaOperand["type"], offset = 0, written = false): CudaOperand => ({
  type,
  offset,
  written,
});

/** A module of several emitted kernels, compiled once. */
export async function buildKernels(
  kernels: Readonly<Record<string, Emitted>>,
  checked = false,
): Promise<EmulatedModule> {
  return await EmulatedModule.build(
    Object.fromEntries(
      Object.entries(kernels).map(([name, { text }]) => [name, kernelSource(name, text)]),
    ),
    { checked },
  );
}

const sizeOf = (extent: Extent, symbols: EmitContext["symbols"]): number =>
  typeof extent === "number"
    ? extent
    : extent.symbols.reduce((size, symbol) => size * symbols[symbol]!, extent.factor);

/**
 * Launches as a runtime would on a card of `multiprocessors`. `operands` are pointers as the kernel
 * takes them: memory and elements from its start.
 */
export function launchKernel(
  module: EmulatedModule,
  name: string,
  { kernel, extents }: Emitted,
  operands: readonly { readonly memory: EmulatedMemory; readonly offset?: number }[],
  symbols: EmitContext["symbols"],
  seed: number,
  multiprocessors = 4,
): void {
  const grid = kernel.grid.map(({ of, per }) => Math.ceil(sizeOf(of, symbols) / per));
  const cluster = kernel.cluster ?? 1;
  if (kernel.persistent) grid[0] = Math.min(grid[0]!, multiprocessors);
  grid[0] = Math.ceil(grid[0]! / cluster) * cluster;
  const maps = kernel.tensorMaps.map(
    ({ operand: index, offset, dtype, sizes, strides, box, swizzle }) =>
      module.tensorMap(
        operands[index]!.memory,
        { dtype, sizes: sizes.map((size) => sizeOf(size, symbols)), strides, box, swizzle },
        offset + 2 * (operands[index]!.offset ?? 0),
      ),
  );
  module.launch(name, {
    grid,
    threads: kernel.threads,
    cluster,
    sharedBytes: kernel.sharedBytes,
    seed,
    watchdogSteps: 1e7,
    parameters: [
      ...operands.map(({ memory, offset = 0 }) => memory.address + BigInt(2 * offset)),
      ...extents.map((extent) => sizeOf(extent, symbols)),
      ...maps,
    ],
  });
}

/**
 * Fails at the first element that is further from its reference than `relative` of it and
 * `absolute`, and for NaN.
 */
export function expectClose(
  results: ArrayLike<number>,
  references: ArrayLike<number>,
  relative: number,
  absolute: number,
  what: string,
): void {
  expect(results.length, what).toBe(references.length);
  for (let i = 0; i < references.length; i++)
    if (!(Math.abs(results[i]! - references[i]!) <= relative * Math.abs(references[i]!) + absolute))
      expect.fail(`${what}: element ${i} is ${results[i]}, not ${references[i]}`);
}
