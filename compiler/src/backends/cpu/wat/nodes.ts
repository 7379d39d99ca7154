/**
 * Typed WebAssembly expressions: each instruction is a function that takes and returns nodes, so
 * ill-typed text cannot be written.
 */

export type ValueType = "i32" | "f32" | "v128";

export interface Node<T extends ValueType = ValueType> {
  readonly type: T;
  readonly text: string;
  /** Set for an i32 constant, so that sizes known when compiling fold away. */
  readonly value?: number;
}

export type I32 = Node<"i32">;
export type F32 = Node<"f32">;
export type V128 = Node<"v128">;

const node = <T extends ValueType>(
  type: T,
  name: string,
  ...parts: readonly (Node | string | number)[]
): Node<T> => ({
  type,
  text:
    `(${[name, ...parts.map((part) => (typeof part === "object" ? part.text : part))].join(" ")}` +
    ")",
});
const at = (offset: number): string[] => (offset === 0 ? [] : [`offset=${offset}`]);

const integer = (value: number): I32 => ({ type: "i32", text: `(i32.const ${value | 0})`, value });
const folding =
  (name: string, fold: (x: number, y: number) => number, neutral?: number) =>
  (x: I32, y: I32): I32 => {
    if (x.value !== undefined && y.value !== undefined) return integer(fold(x.value, y.value));
    if (y.value !== undefined && y.value === neutral) return x;
    return node("i32", name, x, y);
  };
const i32Binary =
  (name: string) =>
  (x: I32, y: I32): I32 =>
    node("i32", name, x, y);

/**
 * A float32 as WAT text: the shortest decimal of a double that holds it exactly enough to round
 * back.
 */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Object.is(value, -0) ? "-0" : String(Math.fround(value));
}

export const i32 = {
  const: integer,
  add: folding("i32.add", (x, y) => x + y, 0),
  sub: folding("i32.sub", (x, y) => x - y, 0),
  mul: folding("i32.mul", Math.imul, 1),
  divU: folding("i32.div_u", (x, y) => Math.floor(x / y), 1),
  remU: i32Binary("i32.rem_u"),
  and: i32Binary("i32.and"),
  shrU: i32Binary("i32.shr_u"),
  eq: i32Binary("i32.eq"),
  ltU: i32Binary("i32.lt_u"),
  leU: i32Binary("i32.le_u"),
  geU: i32Binary("i32.ge_u"),
  select: (x: I32, y: I32, condition: I32): I32 => node("i32", "select", x, y, condition),
  min: (x: I32, y: I32): I32 => node("i32", "select", x, y, node("i32", "i32.lt_u", x, y)),
};

const f32Binary =
  (name: string) =>
  (x: F32, y: F32): F32 =>
    node("f32", name, x, y);

export const f32 = {
  const: (value: number): F32 => node("f32", "f32.const", floatText(value)),
  add: f32Binary("f32.add"),
  mul: f32Binary("f32.mul"),
  div: f32Binary("f32.div"),
  max: f32Binary("f32.max"),
  sqrt: (x: F32): F32 => node("f32", "f32.sqrt", x),
  load: (address: I32, offset = 0): F32 => node("f32", "f32.load", ...at(offset), address),
  /** An unsigned byte. */
  loadByte: (address: I32, offset = 0): F32 =>
    node("f32", "f32.convert_i32_u", node("i32", "i32.load8_u", ...at(offset), address)),
};

const v =
  (name: string) =>
  (x: V128, y: V128): V128 =>
    node("v128", name, x, y);
const v1 =
  (name: string) =>
  (x: V128): V128 =>
    node("v128", name, x);

export const f32x4 = {
  const: (...lanes: readonly [number, number, number, number]): V128 =>
    node("v128", "v128.const f32x4", ...lanes.map(floatText)),
  all: (value: number): V128 => f32x4.const(value, value, value, value),
  splat: (x: F32): V128 => node("v128", "f32x4.splat", x),
  add: v("f32x4.add"),
  sub: v("f32x4.sub"),
  mul: v("f32x4.mul"),
  div: v("f32x4.div"),
  min: v("f32x4.min"),
  max: v("f32x4.max"),
  abs: v1("f32x4.abs"),
  neg: v1("f32x4.neg"),
  sqrt: v1("f32x4.sqrt"),
  nearest: v1("f32x4.nearest"),
  eq: v("f32x4.eq"),
  lt: v("f32x4.lt"),
  /** x * y + z in one rounding or two, as the machine prefers. */
  relaxedMadd: (x: V128, y: V128, z: V128): V128 => node("v128", "f32x4.relaxed_madd", x, y, z),
  convert: v1("f32x4.convert_i32x4_s"),
  extract: (x: V128, lane: number): F32 => node("f32", "f32x4.extract_lane", lane, x),
};

const shift =
  (name: string) =>
  (x: V128, bits: number): V128 =>
    node("v128", name, x, integer(bits));

export const i32x4 = {
  const: (...lanes: readonly [number, number, number, number]): V128 =>
    node("v128", "v128.const i32x4", ...lanes),
  all: (value: number): V128 => i32x4.const(value | 0, value | 0, value | 0, value | 0),
  add: v("i32x4.add"),
  sub: v("i32x4.sub"),
  geU: v("i32x4.ge_u"),
  shl: shift("i32x4.shl"),
  shrS: shift("i32x4.shr_s"),
  /** The first, or the last, four of eight unsigned 16-bit values. */
  extendLow: v1("i32x4.extend_low_i16x8_u"),
  extendHigh: v1("i32x4.extend_high_i16x8_u"),
  /** Products of sixteen-bit values, each pair of neighbours added. */
  dot: v("i32x4.dot_i16x8_s"),
  truncate: v1("i32x4.trunc_sat_f32x4_s"),
  /** The first, or the last, four of eight signed 16-bit values. */
  extendLowSigned: v1("i32x4.extend_low_i16x8_s"),
  extendHighSigned: v1("i32x4.extend_high_i16x8_s"),
};

export const i16x8 = {
  /** The first, or the last, eight of sixteen signed bytes. */
  extendLow: v1("i16x8.extend_low_i8x16_s"),
  extendHigh: v1("i16x8.extend_high_i8x16_s"),
  /** Four of x and four of y, which fit 16 bits. */
  narrow: v("i16x8.narrow_i32x4_s"),
};

export const i8x16 = {
  const: (bytes: readonly number[]): V128 => node("v128", "v128.const i8x16", ...bytes),
  all: (value: number): V128 => i8x16.const(Array<number>(16).fill(value)),
  sub: v("i8x16.sub"),
  shrU: shift("i8x16.shr_u"),
  /** The bytes of x at the places that y holds, all below 16. */
  swizzle: v("i8x16.swizzle"),
  /** Bytes of x (0 to 15) and of y (16 to 31) by place. */
  shuffle: (x: V128, y: V128, places: readonly number[]): V128 =>
    node("v128", "i8x16.shuffle", ...places, x, y),
};

export const v128 = {
  load: (address: I32, offset = 0): V128 => node("v128", "v128.load", ...at(offset), address),
  loadSplat: (address: I32, offset = 0): V128 =>
    node("v128", "v128.load32_splat", ...at(offset), address),
  /** Four unsigned 16-bit values, each widened to a lane. */
  load16x4: (address: I32, offset = 0): V128 =>
    node("v128", "v128.load16x4_u", ...at(offset), address),
  /** 4, 8 or 16 bytes, and zeros. */
  loadFirst: (address: I32, bytes: 4 | 8 | 16): V128 =>
    node("v128", bytes === 16 ? "v128.load" : `v128.load${8 * bytes}_zero`, address),
  /** Eight signed bytes, each widened to 16 bits. */
  load8x8Signed: (address: I32, offset = 0): V128 =>
    node("v128", "v128.load8x8_s", ...at(offset), address),
  /** Eight bytes, each widened to 16 bits. */
  load8x8: (address: I32, offset = 0): V128 =>
    node("v128", "v128.load8x8_u", ...at(offset), address),
  and: v("v128.and"),
  or: v("v128.or"),
  xor: v("v128.xor"),
  andNot: v("v128.andnot"),
  /** Bits of x where the mask is set, of y elsewhere. */
  select: (x: V128, y: V128, mask: V128): V128 => node("v128", "v128.bitselect", x, y, mask),
};

/** A call of another function of the module that takes and returns a vector. */
export const call = (name: string, x: V128): V128 => node("v128", `call $${name}`, x);
