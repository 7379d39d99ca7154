/** Embedding tables in 8 and 4 bits: rows are read alone, codes and scales. */
import {
  bindCheckpoint,
  bufferSource,
  openSafetensors,
  uniform,
  writeSafetensors,
  type ByteSource,
} from "@sigil/runtime/internal";
import { expect, it } from "vitest";

const [rows, columns] = [500, 40];
const name = "text_model.embeddings.token_embedding.weight";
const bytesOf = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

it.each([8, 4] as const)(
  "reads single rows of a table of %d bits, codes and scales",
  async (bits) => {
    const groups = bits === 8 ? 1 : 2;
    const codes = Array.from(uniform("codes", rows * columns), (u) =>
      bits === 8 ? Math.round(127 * u) : Math.floor(8 * (u + 1)),
    );
    const scales = uniform("scales", rows * groups).map((u) => 0.01 * (u + 2));
    const packed =
      bits === 8
        ? Int8Array.from(codes)
        : Uint8Array.from(
            { length: codes.length / 2 },
            (_, i) => codes[2 * i]! | (codes[2 * i + 1]! << 4),
          );
    const file = writeSafetensors({
      [bits === 8 ? name : `${name}_packed`]: {
        dtype: bits === 8 ? "I8" : "I32",
        shape: [rows, bits === 8 ? columns : columns / 8],
        data: packed,
      },
      [`${name}_scale`]: { dtype: "F32", shape: [rows, groups], data: bytesOf(scales) },
    });
    let read = 0;
    const whole = bufferSource(file);
    const counted: ByteSource = {
      name: whole.name,
      size: () => whole.size(),
      read: (at, length, signal) => {
        read += length;
        return whole.read(at, length, signal);
      },
    };
    const source = await bindCheckpoint(
      { tensors: { [name]: [rows, columns] } },
      await openSafetensors(counted),
    );
    expect(source.tensors.get(name)!.shape).toEqual([rows, columns]);
    read = 0;
    const wanted = [3, 499, 3, 70];
    const actual = await source.readRowsFloat32(name, wanted);
    expect(Array.from(actual)).toEqual(
      wanted.flatMap((row) =>
        Array.from({ length: columns }, (_, c) => {
          const code = codes[row * columns + c]!;
          // Two groups of a row of 40 are 32 columns and 8.
          const scale = scales[row * groups + (bits === 8 ? 0 : c >> 5)]!;
          return Math.fround((bits === 8 ? code : code - 8) * scale);
        }),
      ),
    );
    // What lies within 4096 bytes is one read; the whole file has 22 kB or 14.
    expect(read).toBeLessThan(file.length / 2);
    await expect(source.readRowsFloat32(name, [500])).rejects.toThrow(/row out of range/);
  },
);

it("reads floats of 8 bits, with a scale for each row or none", async () => {
  // torch.arange(256, dtype=uint8).view(torch.float8_e4m3fn) and float8_e5m2: some of their values.
  const codes = [0x00, 0x80, 0x01, 0x08, 0x38, 0xb8, 0x7e, 0x7f, 0x40, 0x77];
  const e4m3 = [0, -0, 2 ** -9, 2 ** -6, 1, -1, 448, NaN, 2, 240];
  const e5m2 = [0, -0, 2 ** -16, 2 ** -13, 0.5, -0.5, NaN, NaN, 2, 28672];
  const shape = [2, 5];
  const file = writeSafetensors({
    a: { dtype: "F8_E4M3", shape, data: Uint8Array.from(codes) },
    b: { dtype: "F8_E5M2", shape, data: Uint8Array.from(codes) },
    "c.weight": { dtype: "F8_E4M3", shape, data: Uint8Array.from(codes) },
    "c.weight_scale": { dtype: "F32", shape: [2, 1], data: Float32Array.of(0.5, 3) },
  });
  const source = await bindCheckpoint(
    { tensors: { a: shape, b: shape, "c.weight": shape } },
    await openSafetensors(bufferSource(file)),
  );
  expect(Array.from(await source.readFloat32("a"))).toEqual(e4m3);
  expect(Array.from(await source.readFloat32("b"))).toEqual(e5m2);
  expect(Array.from(await source.readFloat32("c.weight"))).toEqual(
    e4m3.map((x, i) => x * (i < 5 ? 0.5 : 3)),
  );
});
