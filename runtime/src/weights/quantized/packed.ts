/**
 * What `sigil quantize` writes, in the way of compressed-tensors. int8: codes NAME, signed; int4:
 * codes less -8 in NAME_packed, eight to an int32, the first in its lowest bits, rows padded to
 * whole ones. Both: NAME_scale, [rows, groups], floats, and maybe NAME_zero_point: int8 of that
 * shape, or zero points less -8, eight rows to an int32.
 */
import { WeightsError } from "../error.ts";
import type { WeightSource } from "../weight-source.ts";
import { elementCount, type StoredQuantized } from "./stored-quantized.ts";
import { checkScales, type StoredCodes, type Where } from "./stored-codes.ts";

type ReadOptions = { readonly signal?: AbortSignal } | undefined;

const codesName = ({ kind, tensor }: StoredQuantized): string =>
  kind === "packed4" ? `${tensor}_packed` : tensor;

/** All rows, or these. `group` is that of the plan, which the shape of the scales may not tell. */
export async function readPacked(
  source: WeightSource,
  stored: StoredQuantized,
  options: ReadOptions,
  { rows: wanted, group }: { readonly rows?: ArrayLike<number>; readonly group?: number } = {},
): Promise<StoredCodes> {
  const { tensor, shape, kind } = stored;
  const where: Where = { file: source.name, tensor };
  const info = source.tensors.get(`${tensor}_scale`);
  const all = shape[0] ?? 1;
  const columns = elementCount(shape) / all;
  const groups = info ? elementCount(info.shape) / all : 0;
  if (!info || groups < 1 || groups > columns || !Number.isInteger(groups))
    throw new WeightsError("has the wrong number of scales", {
      ...where,
      expected: `"${tensor}_scale" of [${all}, groups]`,
      received: info ? `[${info.shape.join(", ")}]` : "none",
    });
  const block =
    group !== undefined && Math.ceil(columns / group) === groups
      ? group
      : groups === 1
        ? columns
        : 2 ** Math.ceil(Math.log2(columns / groups));
  const [bytes, scales, zeros] = await Promise.all([
    read(source, codesName(stored), options, wanted),
    wanted
      ? source.readRowsFloat32(`${tensor}_scale`, wanted, options)
      : source.readFloat32(`${tensor}_scale`, options),
    readZeros(source, stored, groups, options, wanted),
  ]);
  const rows = wanted?.length ?? all;
  checkScales(scales, rows * groups, { ...where, tensor: `${tensor}_scale` });
  const codes =
    kind === "scaled8"
      ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
      : unpacked(bytes, rows, columns);
  const bits = kind === "scaled8" ? 8 : 4;
  return { rows, columns, bits, codes, scales, zeros, block, across: false };
}

/** The bytes of a tensor, or of rows of it. */
async function read(
  source: WeightSource,
  tensor: string,
  options: ReadOptions,
  rows: ArrayLike<number> | undefined,
): Promise<Uint8Array> {
  if (!rows) return source.read(tensor, options);
  if (!source.readRows)
    throw new WeightsError("cannot be read row by row", { file: source.name, tensor });
  return source.readRows(tensor, rows, options);
}

async function readZeros(
  source: WeightSource,
  { tensor: of, kind, shape }: StoredQuantized,
  groups: number,
  options: ReadOptions,
  wanted: ArrayLike<number> | undefined,
): Promise<Float32Array | undefined> {
  const tensor = `${of}_zero_point`;
  const info = source.tensors.get(tensor);
  if (!info) return undefined;
  const all = shape[0] ?? 1;
  const packed = info.dtype === "I32" && kind === "packed4";
  const lines = packed ? Math.ceil(all / 8) : all;
  if ((!packed && info.dtype !== "I8") || `${info.shape}` !== `${lines},${groups}`)
    throw new WeightsError("has unexpected zero points", {
      ...{ file: source.name, tensor },
      expected:
        `I8 [${all}, ${groups}]` +
        (kind === "packed4" ? `, or I32 [${Math.ceil(all / 8)}, ${groups}]` : ""),
      received: `${info.dtype} [${info.shape.join(", ")}]`,
    });
  const rows = wanted ?? Array.from({ length: all }, (_, row) => row);
  const bytes = await read(
    source,
    tensor,
    options,
    wanted && packed ? Array.from(wanted, (row) => row >> 3) : wanted,
  );
  const zeros = new Float32Array(rows.length * groups);
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r]!;
    const line = packed && !wanted ? row >> 3 : r;
    for (let g = 0; g < groups; g++) {
      const at = line * groups + g;
      zeros[r * groups + g] = packed
        ? ((bytes[4 * at + ((row & 7) >> 1)]! >> (4 * (row & 1))) & 15) - 8
        : (bytes[at]! << 24) >> 24;
    }
  }
  return zeros;
}

function unpacked(bytes: Uint8Array, rows: number, columns: number): Int8Array {
  const rowBytes = 4 * Math.ceil(columns / 8);
  const codes = new Int8Array(rows * columns);
  for (let row = 0, i = 0; row < rows; row++) {
    let at = row * rowBytes;
    const end = i + columns;
    for (; i + 1 < end; i += 2, at++) {
      const both = bytes[at]!;
      codes[i] = both & 15;
      codes[i + 1] = both >> 4;
    }
    if (i < end) codes[i++] = bytes[at]! & 15;
  }
  return codes;
}
