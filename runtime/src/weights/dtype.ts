import { WeightsError } from "./error.ts";
import {
  float8e4m3ToFloat32,
  float8e5m2ToFloat32,
  narrowBfloat16,
  narrowFloat16,
  widenBfloat16,
  widenFloat16,
} from "./float16.ts";

/** Bits per element of each safetensors dtype. */
export const dtypeBits = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** An element type of the safetensors format. */
export type DType = keyof typeof dtypeBits;

export function isDType(value: unknown): value is DType {
  return typeof value === "string" && Object.hasOwn(dtypeBits, value);
}

/** Elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Bytes that a tensor takes in a safetensors file. */
export function byteLength(dtype: DType, shape: readonly number[]): number {
  return (elementCount(shape) * dtypeBits[dtype]) / 8;
}

function aligned(bytes: Uint8Array, alignment: number): Uint8Array {
  // Not slice(), by which Node's Buffer gives a view.
  return bytes.byteOffset % alignment === 0 ? bytes : new Uint8Array(bytes);
}

/**
 * Little-endian bytes of F32, F16, BF16, F64 or the float8 types as float32 (F32 without a copy
 * where aligned); throws for other dtypes.
 */
export function toFloat32(
  bytes: Uint8Array,
  dtype: DType,
  where: { file: string; tensor: string },
): Float32Array {
  if (dtype === "F32") {
    const data = aligned(bytes, 4);
    return new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  }
  if (dtype === "F16" || dtype === "BF16") {
    const data = aligned(bytes, 2);
    const bits = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
    return dtype === "F16" ? widenFloat16(bits) : widenBfloat16(bits);
  }
  if (dtype === "F64") {
    const data = aligned(bytes, 8);
    return Float32Array.from(new Float64Array(data.buffer, data.byteOffset, data.byteLength / 8));
  }
  if (dtype === "F8_E4M3" || dtype === "F8_E5M2")
    return Float32Array.from(
      bytes,
      dtype === "F8_E4M3" ? float8e4m3ToFloat32 : float8e5m2ToFloat32,
    );
  throw new WeightsError("cannot be read as float32", {
    ...where,
    expected: "dtype F32, F16, BF16, F64, F8_E4M3 or F8_E5M2",
    received: dtype,
  });
}

/**
 * Bytes to store: a Float32Array is rounded to nearest even for F16 and BF16, any other view is
 * stored as it lies.
 */
export function tensorBytes(
  name: string,
  dtype: DType,
  shape: readonly number[],
  data: ArrayBufferView,
): Uint8Array {
  const view =
    data instanceof Float32Array && dtype === "F16"
      ? narrowFloat16(data)
      : data instanceof Float32Array && dtype === "BF16"
        ? narrowBfloat16(data)
        : data;
  const expected = byteLength(dtype, shape);
  if (view.byteLength !== expected) {
    throw new WeightsError("has the wrong amount of data", {
      tensor: name,
      expected: `${expected} bytes for ${dtype} [${shape.join(", ")}]`,
      received: `${view.byteLength} bytes`,
    });
  }
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
