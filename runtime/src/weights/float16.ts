const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);
let halfTable: Float32Array | undefined;

/** The value of an IEEE binary16 given by its 16 bits. */
export function float16ToFloat32(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** The value of an E5M2 given by its bits: a binary16 without its last eight. */
export const float8e5m2ToFloat32 = (bits: number): number => float16ToFloat32(bits << 8);

/** The value of an E4M3 given by its bits, which has no infinities (OCP 8-bit floating point). */
export const float8e4m3ToFloat32 = (bits: number): number =>
  (bits & 0x7f) === 0x7f
    ? NaN
    : float16ToFloat32(((bits & 0x80) << 8) | ((bits & 0x7f) << 7)) * 256;

/**
 * The 16 bits of the binary16 nearest to `value` (taken as float32 first), ties to even; overflow
 * gives infinity.
 */
export function float32ToFloat16(value: number): number {
  f32[0] = value;
  const bits = u32[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Adding 0.5 makes float32's own rounding step 2^-24, the spacing of binary16 subnormals.
    u32[0] = magnitude;
    f32[0] = f32[0]! + 0.5;
    return sign | (u32[0]! - 0x3f000000);
  }
  return sign | (((magnitude + 0xfff + ((magnitude >>> 13) & 1)) >>> 13) - (112 << 10));
}

/** The value of a bfloat16 given by its 16 bits. */
export function bfloat16ToFloat32(bits: number): number {
  u32[0] = bits << 16;
  return f32[0]!;
}

/** The 16 bits of the bfloat16 nearest to `value` (taken as float32 first), ties to even. */
export function float32ToBfloat16(value: number): number {
  f32[0] = value;
  const bits = u32[0]!;
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Widens binary16 bits to float32, into `out` (same length) when given. */
export function widenFloat16(
  bits: Uint16Array,
  out: Float32Array = new Float32Array(bits.length),
): Float32Array {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, index) => float16ToFloat32(index));
  for (let i = 0; i < bits.length; i++) out[i] = halfTable[bits[i]!]!;
  return out;
}

/** Widens bfloat16 bits to float32, into `out` (same length) when given. */
export function widenBfloat16(
  bits: Uint16Array,
  out: Float32Array = new Float32Array(bits.length),
): Float32Array {
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return out;
}

/** Rounds float32 values to binary16 bits. */
export function narrowFloat16(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = float32ToFloat16(values[i]!);
  return out;
}

/** Rounds float32 values to bfloat16 bits. */
export function narrowBfloat16(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = float32ToBfloat16(values[i]!);
  return out;
}
