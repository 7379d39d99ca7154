/**
 * Weights whose groups have zero points, in the layout of docs/quantised-weights.md. No file that
 * compressed-tensors wrote is among them.
 */
import {
  bindCheckpoint,
  bufferSource,
  dequantize,
  openSafetensors,
  quantize,
  uniform,
  WeightsError,
  writeSafetensors,
  type TensorToWrite,
} from "@sigil/runtime/internal";
import { parseSpec, type DiagnosticError } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { quantizeClosely } from "../../cli/dist/quantize/choose-scales.js";
import { gptq } from "../../cli/dist/quantize/gptq.js";
import { Gram } from "../../cli/dist/quantize/gram.js";
import { weightHandlers } from "../../runtime/dist/remote/weight-handlers.js";

const name = "text_model.embeddings.token_embedding.weight";
/** Rows that no word of eight zero points ends with, columns that no group does. */
const [rows, columns, group] = [19, 40, 32];
const groups = 2;
const bytesOf = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const whole = (seed: string, count: number, least: number, most: number): number[] =>
  Array.from(uniform(seed, count), (u) => least + Math.floor(((u + 1) / 2) * (most - least + 1)));

/** A checkpoint of one matrix, and the weights that it stands for. */
function asymmetric(bits: 4 | 8, packedZeros: boolean) {
  const [least, most] = bits === 8 ? [-128, 127] : [-8, 7];
  const numbers = whole("numbers", rows * columns, least, most);
  const zeros = whole("zeros", rows * groups, least, most);
  const scales = uniform("scales", rows * groups).map((u) => 0.01 * (u + 2));
  const words = new Int32Array(Math.ceil(rows / 8) * groups);
  zeros.forEach((zero, i) => {
    const row = Math.floor(i / groups);
    words[Math.floor(row / 8) * groups + (i % groups)]! |= (zero + 8) << (4 * (row % 8));
  });
  const nibbles = new Uint8Array((rows * columns) / 2);
  numbers.forEach((number, i) => {
    nibbles[i >> 1]! |= (number + 8) << (4 * (i & 1));
  });
  const tensors: Record<string, TensorToWrite> = {
    ...(bits === 8
      ? { [name]: { dtype: "I8", shape: [rows, columns], data: Int8Array.from(numbers) } }
      : { [`${name}_packed`]: { dtype: "I32", shape: [rows, columns / 8], data: nibbles } }),
    [`${name}_scale`]: { dtype: "F32", shape: [rows, groups], data: bytesOf(scales) },
    [`${name}_zero_point`]: packedZeros
      ? { dtype: "I32", shape: [Math.ceil(rows / 8), groups], data: bytesOf(words) }
      : { dtype: "I8", shape: [rows, groups], data: Int8Array.from(zeros) },
  };
  const weights = numbers.map((number, i) => {
    const g = Math.floor(i / columns) * groups + Math.floor((i % columns) / group);
    return Math.fround((number - zeros[g]!) * scales[g]!);
  });
  return { tensors, weights };
}

const open = async (tensors: Record<string, TensorToWrite>) =>
  bindCheckpoint(
    { tensors: { [name]: [rows, columns] } },
    await openSafetensors(bufferSource(writeSafetensors(tensors))),
  );

describe("a checkpoint with zero points", () => {
  it.each([
    [4, true],
    [4, false],
    [8, false],
  ] as const)("of %d bits, packed %s, is read whole and by rows", async (bits, packed) => {
    const { tensors, weights } = asymmetric(bits, packed);
    const source = await open(tensors);
    expect(Array.from(await source.readFloat32(name))).toEqual(weights);
    const wanted = [18, 3, 9, 3];
    expect(Array.from(await source.readRowsFloat32(name, wanted))).toEqual(
      wanted.flatMap((row) => weights.slice(row * columns, (row + 1) * columns)),
    );
    const storage = { bits, group, zero_point: true } as const;
    const matrix = await source.readQuantized!(name, storage);
    expect(Array.from(dequantize(matrix, storage))).toEqual(weights);
    // What a worker is given.
    const handlers = weightHandlers(source, () => new AbortController().signal);
    const given = await handlers.readQuantized!(name as never, storage as never);
    expect(given).toMatchObject({ value: { zeros: matrix.zeros } });
  });

  it("is refused for a plan without them, and in another shape", async () => {
    const { tensors } = asymmetric(4, true);
    const source = await open(tensors);
    await expect(source.readQuantized!(name, { bits: 4, group })).rejects.toThrow(
      /expected int4 in groups of 32, received int4 in groups of 32 with zero points/,
    );
    const cut = {
      ...tensors,
      [`${name}_zero_point`]: asymmetric(8, false).tensors[`${name}_scale`]!,
    };
    const reading = (await open(cut)).readFloat32(name);
    await expect(reading).rejects.toThrow(WeightsError);
    await expect(reading).rejects.toThrow(
      /unexpected zero points \(expected I8 \[19, 2\], or I32 \[3, 2\], received F32/,
    );
  });
});

it("zero points lose less where weights lie on one side of zero", async () => {
  const values = uniform("one side", 24 * 64).map((x) => 0.3 + 0.25 * x);
  const off = (stored: Float32Array): number =>
    stored.reduce((sum, x, i) => sum + (x - values[i]!) ** 2, 0);
  const [plain, zeros] = [
    { bits: 4, group: 32 } as const,
    { bits: 4, group: 32, zero_point: true } as const,
  ];
  const gram = await Gram.create(64);
  for (let i = 0; i < 200; i++) gram.add(uniform(`input ${i}`, 64));
  for (const make of [quantize, quantizeClosely])
    expect(off(dequantize(make(values, 64, zeros), zeros))).toBeLessThan(
      0.6 * off(dequantize(make(values, 64, plain), plain)),
    );
  expect(off(dequantize(await gptq(values, 64, zeros, gram), zeros))).toBeLessThan(
    0.6 * off(dequantize(await gptq(values, 64, plain, gram), plain)),
  );
});

it("a spec takes zero_point, but not beside a book", () => {
  const parse = (storage: object): unknown =>
    parseSpec(JSON.stringify({ name: "x", architecture: "siglip", config: {}, storage }), {
      file: "spec.json",
    });
  expect(() => parse({ bits: 4, group: 32, zero_point: true })).not.toThrow();
  try {
    parse({ bits: 4, book: "nf4", zero_point: true });
    expect.unreachable();
  } catch (error) {
    expect((error as DiagnosticError).diagnostics.map(({ message }) => message)).toEqual([
      "nf4 has a code for zero, so it cannot have zero points",
    ]);
  }
});
