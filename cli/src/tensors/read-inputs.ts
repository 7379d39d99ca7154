/** Inputs of a model from a safetensors file, whatever number type they were saved as. */
import {
  InputError,
  type InputTensor,
  type IntTensor,
  type PixelValues,
  type TensorInfo,
  type WeightSource,
} from "@sigil/runtime";

/** Integer element types: how many bytes, and how one is read. */
const integers: Readonly<
  Record<string, readonly [bytes: number, read: (view: DataView, at: number) => number]>
> = {
  I64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  I32: [4, (view, at) => view.getInt32(at, true)],
  I16: [2, (view, at) => view.getInt16(at, true)],
  U8: [1, (view, at) => view.getUint8(at)],
  BOOL: [1, (view, at) => view.getUint8(at)],
};

/** Names for a sentence, the first few. */
export const listed = (names: readonly string[]): string =>
  names.length > 8
    ? `${names.slice(0, 8).join(", ")} and ${names.length - 8} more`
    : names.join(", ") || "none";

export interface NumberTensor {
  readonly values: readonly number[];
  readonly shape: readonly number[];
  /** Whether the file stores integers. */
  readonly integer: boolean;
}

/** All numbers of a tensor, or undefined where the file has none of this name. */
export async function readNumbers(
  source: WeightSource,
  name: string,
): Promise<NumberTensor | undefined> {
  const info = source.tensors.get(name);
  return info && numbersOf(source, name, info);
}

/** All numbers of a tensor that the file has. */
export async function numbersOf(
  source: WeightSource,
  name: string,
  info: TensorInfo,
): Promise<NumberTensor> {
  const integer = integers[info.dtype];
  if (!integer)
    return {
      values: Array.from(await source.readFloat32(name)),
      shape: info.shape,
      integer: false,
    };
  const bytes = await source.read(name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    values: Array.from({ length: bytes.byteLength / integer[0] }, (_, i) =>
      integer[1](view, i * integer[0]),
    ),
    shape: info.shape,
    integer: true,
  };
}

/** A float32 tensor; an InputError where the file has none of this name. */
export async function readFloats(
  source: WeightSource,
  name: string,
): Promise<InputTensor & { readonly data: Float32Array }> {
  const info = source.tensors.get(name);
  if (!info)
    throw new InputError(
      `${source.name}: expected a tensor ${name}, found ${listed([...source.tensors.keys()])}`,
    );
  return { data: await source.readFloat32(name), shape: info.shape };
}

/**
 * Integers of 32 bits, whatever integers the file stores; an InputError where it has none of this
 * name, stores no integers, or one that takes more bits.
 */
export async function readIntegers(source: WeightSource, name: string): Promise<IntTensor> {
  const info = source.tensors.get(name);
  if (!info)
    throw new InputError(
      `${source.name}: expected a tensor ${name}, found ${listed([...source.tensors.keys()])}`,
    );
  const tensor = await numbersOf(source, name, info);
  const data = Int32Array.from(tensor.values);
  const odd = tensor.integer ? data.findIndex((value, i) => value !== tensor.values[i]) : 0;
  if (odd >= 0 && data.length > 0)
    throw new InputError(
      `${name}: expected 32-bit integers, received ` +
        `${tensor.integer ? tensor.values[odd] : info.dtype}`,
    );
  return { data, shape: tensor.shape };
}

/**
 * Bytes where the file stores bytes, else float32; an InputError where the file has none of this
 * name.
 */
export async function readPixels(source: WeightSource, name: string): Promise<PixelValues> {
  const info = source.tensors.get(name);
  return info?.dtype === "U8"
    ? { data: await source.read(name), shape: info.shape }
    : readFloats(source, name);
}

/** The rows of a tensor of integers: its last axis, the others flattened. */
export async function readRows(
  source: WeightSource,
  name: string,
): Promise<number[][] | undefined> {
  const tensor = await readNumbers(source, name);
  if (!tensor) return undefined;
  const width = tensor.shape.at(-1) ?? 1;
  return Array.from({ length: tensor.values.length / width }, (_, row) =>
    tensor.values.slice(row * width, (row + 1) * width),
  );
}
