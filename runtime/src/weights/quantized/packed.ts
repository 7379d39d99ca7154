/**
 * What `sigil quantize` writes, in the way of compressed-tensors. int8: codes NAME, signed; int4:
 * codes less -8 in NAME_packed, eight to an int32, the first in its lowest bits, rows padded to
 * whole ones. Both: NAME_scale, [rows, groups], floats.
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
  if (source.tensors.has(`${tensor}_zero_point`))
    throw new WeightsError("has zero points, which Sigil does not support", {
      ...where,
      expected: "a symmetric quantisation",
    });
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
  const [bytes, scales] = await (wanted
    ? readRows(source, stored, wanted, options)
    : Promise.all([
        source.read(codesName(stored), options),
        source.readFloat32(`${tensor}_scale`, options),
      ]));
  const rows = wanted?.length ?? all;
  checkScales(scales, rows * groups, { ...where, tensor: `${tensor}_scale` });
  const codes =
    kind === "scaled8"
      ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
      : unpacked(bytes, rows, columns);
  return { rows, columns, bits: kind === "scaled8" ? 8 : 4, codes, scales, block, across: false };
}

async function readRows(
  source: WeightSource,
  stored: StoredQuantized,
  rows: ArrayLike<number>,
  options: ReadOptions,
): Promise<[Uint8Array, Float32Array]> {
  const { tensor } = stored;
  if (!source.readRows)
    throw new WeightsError("cannot be read row by row", { file: source.name, tensor });
  return Promise.all([
    source.readRows(codesName(stored), rows, options),
    source.readRowsFloat32(`${tensor}_scale`, rows, options),
  ]);
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
