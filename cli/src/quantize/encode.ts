/** Encodes a tensor of the model as the tensors that the file stores for it. */
import { quantize, type QuantizedMatrix, type TensorInfo } from "@sigil/runtime/internal";
import { codeBooks, hasZeroPoints, type QuantizedStorage } from "@sigil/spec";
import { codeRange, quantizeClosely } from "./choose-scales.ts";

/** Name, type and shape of a tensor of the file. */
export interface StoredTensor extends TensorInfo {
  readonly name: string;
}

export interface Encoded {
  readonly tensors: ReadonlyMap<string, ArrayBufferView>;
  /** Root of the mean squared error, as a part of that of the weights. */
  readonly error: number;
}

/** How a tensor of the model is written. */
export type Encoding =
  | { readonly kind: "float"; readonly dtype: "F32" | "F16" }
  /** In the way of compressed-tensors; see encodePacked. */
  | { readonly kind: "packed"; readonly storage: QuantizedStorage }
  /** bitsandbytes' blocks of 64. */
  | { readonly kind: "bitsandbytes"; readonly book: "nf4" | "fp4" };

const block = 64;
const stateOf = (book: string, shape: readonly number[]): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({ quant_type: book, blocksize: block, dtype: "float32", shape }),
  );

/** The tensors that the file stores for a tensor of the model, without their data. */
export function storedTensors(
  name: string,
  shape: readonly number[],
  encoding: Encoding,
): StoredTensor[] {
  const rows = shape[0] ?? 1;
  const columns = shape.slice(1).reduce((a, b) => a * b, 1);
  if (encoding.kind === "float") return [{ name, dtype: encoding.dtype, shape }];
  if (encoding.kind === "bitsandbytes")
    return [
      { name, dtype: "U8", shape: [Math.ceil((rows * columns) / 2), 1] },
      { name: `${name}.absmax`, dtype: "F32", shape: [Math.ceil((rows * columns) / block)] },
      { name: `${name}.quant_map`, dtype: "F32", shape: [16] },
      {
        name: `${name}.quant_state.bitsandbytes__${encoding.book}`,
        dtype: "U8",
        shape: [stateOf(encoding.book, shape).length],
      },
    ];
  const { bits, group } = encoding.storage;
  const groups = Math.ceil(columns / group);
  return [
    bits === 8
      ? { name, dtype: "I8", shape }
      : { name: `${name}_packed`, dtype: "I32", shape: [rows, Math.ceil(columns / 8)] },
    { name: `${name}_scale`, dtype: bits === 8 ? "F32" : "F16", shape: [rows, groups] },
    ...(hasZeroPoints(encoding.storage) ? [zeroPointTensor(name, bits, rows, groups)] : []),
  ];
}

const zeroPointTensor = (
  name: string,
  bits: 4 | 8,
  rows: number,
  groups: number,
): StoredTensor => ({
  name: `${name}_zero_point`,
  dtype: bits === 8 ? "I8" : "I32",
  shape: [bits === 8 ? rows : Math.ceil(rows / 8), groups],
});

/**
 * The data of those tensors. `matrix` has the codes if they were found in another way, as by GPTQ.
 */
export function encode(
  name: string,
  shape: readonly number[],
  encoding: Encoding,
  values: Float32Array,
  matrix?: QuantizedMatrix,
): Encoded {
  const columns = shape.slice(1).reduce((a, b) => a * b, 1);
  if (encoding.kind === "float") return { tensors: new Map([[name, values]]), error: 0 };
  if (encoding.kind === "bitsandbytes") {
    const storage = { bits: 4, group: block, book: encoding.book } as const;
    // As one row, since blocks go on from row to row.
    const flat = quantize(values, values.length, storage, name);
    const numbers = codeBooks[encoding.book];
    return {
      tensors: new Map<string, ArrayBufferView>([
        [name, nibbles(flat.codes, flat.codes.length, "high")],
        [`${name}.absmax`, flat.scales],
        [`${name}.quant_map`, Float32Array.from(numbers)],
        [`${name}.quant_state.bitsandbytes__${encoding.book}`, stateOf(encoding.book, shape)],
      ]),
      error: errorOf(values, flat, block, (code) => numbers[code]!),
    };
  }
  const { storage } = encoding;
  const packed = matrix ?? quantizeClosely(values, columns, storage);
  const { codes, scales, zeros } = packed;
  const tensors = new Map<string, ArrayBufferView>([
    storage.bits === 8 ? [name, codes] : [`${name}_packed`, nibbles(codes, columns, "low")],
    [`${name}_scale`, scales],
  ]);
  if (zeros)
    tensors.set(
      `${name}_zero_point`,
      storage.bits === 8 ? Int8Array.from(zeros) : packedZeros(zeros, codes.length / columns),
    );
  const { shift } = codeRange(storage);
  return { tensors, error: errorOf(values, packed, storage.group, (code) => code - shift) };
}

/** Codes two to a byte, row by row; `low`: the first in the lower half, rows as whole int32. */
function nibbles(codes: Int8Array, columns: number, first: "low" | "high"): Uint8Array {
  const rows = codes.length / columns;
  const rowBytes = first === "low" ? 4 * Math.ceil(columns / 8) : Math.ceil(columns / 2);
  const bytes = new Uint8Array(rows * rowBytes);
  for (let row = 0, i = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, i++)
      bytes[row * rowBytes + (column >> 1)]! |=
        codes[i]! << ((first === "low") === ((column & 1) === 0) ? 0 : 4);
  return bytes;
}

/** Zero points less -8, of eight rows to an int32: `[rows / 8, groups]`. */
function packedZeros(zeros: Float32Array, rows: number): Int32Array {
  const groups = zeros.length / rows;
  const words = new Int32Array(Math.ceil(rows / 8) * groups);
  for (let row = 0, i = 0; row < rows; row++)
    for (let g = 0; g < groups; g++, i++)
      words[(row >> 3) * groups + g]! |= (zeros[i]! + 8) << (4 * (row & 7));
  return words;
}

function errorOf(
  values: Float32Array,
  { columns, codes, scales, zeros }: QuantizedMatrix,
  group: number,
  number: (code: number) => number,
): number {
  const groups = Math.ceil(columns / group);
  let [off, all] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const row = Math.floor(i / columns);
    const g = row * groups + Math.floor((i - row * columns) / group);
    off += (values[i]! - (number(codes[i]!) - (zeros?.[g] ?? 0)) * scales[g]!) ** 2;
    all += values[i]! ** 2;
  }
  return all === 0 ? 0 : Math.sqrt(off / all);
}
