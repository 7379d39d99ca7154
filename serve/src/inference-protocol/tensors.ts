/**
 * Tensors of the Open Inference Protocol, as JSON or as little-endian bytes behind it (the binary
 * tensor data extension).
 */
import type { InputTensor, Tensor } from "@sigil/runtime";
import { RequestError } from "../http-error.ts";

export interface RequestTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly parameters?: { readonly binary_data_size?: number };
  readonly data?: unknown;
}

interface Datatype {
  readonly bytes: number;
  /** Values of little-endian bytes that begin at any offset. */
  readonly read: (view: DataView, count: number) => ArrayLike<number>;
  /** The array that a model takes. */
  readonly values: (from: ArrayLike<number>) => InputTensor["data"];
  readonly holds: (value: number) => boolean;
}

const times =
  (bytes: number, get: (view: DataView, at: number) => number): Datatype["read"] =>
  (view, count) =>
    Array.from({ length: count }, (_, i) => get(view, i * bytes));
const isInt = (value: number): boolean => Number.isInteger(value) && Math.abs(value) < 2 ** 31;
const int32 = (from: ArrayLike<number>): Int32Array => Int32Array.from(from);

const datatypes: Readonly<Record<string, Datatype>> = {
  FP32: {
    bytes: 4,
    // A copy, since it begins at any byte.
    read: ({ buffer, byteOffset }, count) =>
      new Float32Array(buffer.slice(byteOffset, byteOffset + 4 * count) as ArrayBuffer),
    values: (from) => (from instanceof Float32Array ? from : Float32Array.from(from)),
    holds: Number.isFinite,
  },
  FP64: {
    bytes: 8,
    read: times(8, (view, at) => view.getFloat64(at, true)),
    values: (from) => Float32Array.from(from),
    holds: Number.isFinite,
  },
  INT32: {
    bytes: 4,
    read: times(4, (view, at) => view.getInt32(at, true)),
    values: int32,
    holds: isInt,
  },
  INT64: {
    bytes: 8,
    read: times(8, (view, at) => Number(view.getBigInt64(at, true))),
    values: int32,
    holds: isInt,
  },
  UINT8: {
    bytes: 1,
    read: ({ buffer, byteOffset }, count) => new Uint8Array(buffer, byteOffset, count).slice(),
    values: (from) => (from instanceof Uint8Array ? from : Uint8Array.from(from)),
    holds: (value) => Number.isInteger(value) && value >= 0 && value <= 255,
  },
};

/**
 * Reads the inputs of a request, by name. `binary` is the bytes after its JSON. Throws
 * RequestError.
 */
export function readTensors(
  tensors: readonly RequestTensor[],
  binary: Uint8Array,
): Record<string, InputTensor> {
  let at = 0;
  const inputs = tensors.map((tensor) => {
    const size = tensor.parameters?.binary_data_size;
    const bytes = size === undefined ? undefined : binary.subarray(at, at + size);
    at += size ?? 0;
    if (bytes && bytes.length !== size)
      throw bad(tensor, `has ${size} bytes of binary data, but ${bytes.length} arrived`);
    return [tensor.name, readTensor(tensor, bytes)] as const;
  });
  if (at !== binary.length)
    throw new RequestError(
      "bad-request",
      `the tensors have ${at} bytes of binary data, but ${binary.length} arrived`,
    );
  const names = tensors.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new RequestError("bad-request", `input ${JSON.stringify(twice)} is given twice`);
  return Object.fromEntries(inputs);
}

function readTensor(tensor: RequestTensor, bytes: Uint8Array | undefined): InputTensor {
  const { datatype, shape, data } = tensor;
  const type = Object.hasOwn(datatypes, datatype) ? datatypes[datatype] : undefined;
  if (!type)
    throw bad(
      tensor,
      `has datatype ${JSON.stringify(datatype)}: expected ${Object.keys(datatypes).join(", ")}`,
    );
  const count = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(count))
    throw bad(tensor, `has a shape that is too large: ${shape.join("x")}`);
  if (bytes) {
    if (bytes.length !== count * type.bytes)
      throw bad(
        tensor,
        `of ${shape.join("x")} ${datatype} takes ${count * type.bytes} bytes, but has ` +
          `${bytes.length}`,
      );
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return { data: type.values(checked(tensor, type, type.read(view, count))), shape };
  }
  if (!Array.isArray(data)) throw bad(tensor, "has no data");
  const values = flattened(tensor, data, count);
  return { data: type.values(checked(tensor, type, values)), shape };
}

/** Row-major values, whether rows are arrays or not. */
function flattened(tensor: RequestTensor, data: readonly unknown[], count: number): number[] {
  // Not deeper than there are axes, whatever is nested in it.
  const flat = data.flat(Math.max(0, tensor.shape.length - 1));
  if (flat.length !== count)
    throw bad(tensor, `of ${tensor.shape.join("x")} takes ${count} values, but has ${flat.length}`);
  return flat as number[];
}

function checked(
  tensor: RequestTensor,
  { holds }: Datatype,
  values: ArrayLike<number>,
): ArrayLike<number> {
  for (let i = 0; i < values.length; i++) {
    const value: unknown = values[i];
    if (typeof value !== "number" || !holds(value))
      throw bad(tensor, `has a value at ${i} that is not ${tensor.datatype}`);
  }
  return values;
}

const bad = ({ name }: RequestTensor, what: string): RequestError =>
  new RequestError("bad-request", `input ${JSON.stringify(name)} ${what}`);

/** Writes an output as JSON, or as bytes with JSON that says how many. */
export function writeTensor(
  name: string,
  { data, shape }: Tensor,
  binary: boolean,
): { readonly json: object; readonly bytes?: Uint8Array } {
  const head = { name, datatype: "FP32", shape };
  if (!binary) return { json: { ...head, data: Array.from(data) } };
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { json: { ...head, parameters: { binary_data_size: bytes.length } }, bytes };
}
