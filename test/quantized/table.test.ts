/** Embedding tables in 8 and 4 bits: rows are read alone, codes and scales. */
import {
  bindCheckpoint,
  bufferSource,
  openSafetensors,
  uniform,
  writeSafetensors,
  type ByteSource,
} from "@sigil/runtime";
import { expect, it } from "vitest";

const [rows, columns] = [500, 40];
const name = "text_model.embeddings.token_embedding.weight";
const bytesOf = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

it.each([8, 4] as const)("of %d bits", async (bits) => {
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
});
