/**
 * Typed WGSL expressions: each operation is a function that takes and returns nodes, so ill-typed
 * text cannot be written.
 */

export type Float = "f32" | "vec4f";
export type Matrix = `mat${2 | 3 | 4}x4f`;
export type Type = Float | Matrix | "u32" | "bool" | "vec2u" | "vec4u" | "vec4h";

export interface Node<T extends Type = Type> {
  readonly type: T;
  readonly text: string;
  /** Set for a u32 constant, so that sizes known when compiling fold away. */
  readonly value?: number;
}

export type U32 = Node<"u32">;
export type F32 = Node<"f32">;
export type Vec4 = Node<"vec4f">;
export type Bool = Node<"bool">;

const node = <T extends Type>(type: T, text: string): Node<T> => ({ type, text });
const infix = <T extends Type>(type: T, x: Node, operator: string, y: Node): Node<T> =>
  node(type, `(${x.text} ${operator} ${y.text})`);
export const builtin = <T extends Type>(
  type: T,
  name: string,
  ...parts: readonly Node[]
): Node<T> => node(type, `${name}(${parts.map(({ text }) => text).join(", ")})`);

const integer = (value: number): U32 => ({ type: "u32", text: `${value}u`, value });
const folding =
  (operator: string, fold: (x: number, y: number) => number, neutral: number, either: boolean) =>
  (x: U32, y: U32): U32 => {
    if (x.value !== undefined && y.value !== undefined) return integer(fold(x.value, y.value));
    if (y.value === neutral) return x;
    if (either && x.value === neutral) return y;
    return infix("u32", x, operator, y);
  };

const times = folding("*", (x, y) => x * y, 1, true);

export const u32 = {
  const: integer,
  add: folding("+", (x, y) => x + y, 0, true),
  sub: folding("-", (x, y) => x - y, 0, false),
  mul: (x: U32, y: U32): U32 => (x.value === 0 || y.value === 0 ? integer(0) : times(x, y)),
  div: folding("/", (x, y) => Math.floor(x / y), 1, false),
  rem: (x: U32, y: U32): U32 => (y.value === 1 ? integer(0) : infix("u32", x, "%", y)),
  min: (x: U32, y: U32): U32 => builtin("u32", "min", x, y),
  equal: (x: U32, y: U32): Bool => infix("bool", x, "==", y),
  /** 1 where the condition holds, else 0. */
  of: (condition: Bool): U32 => builtin("u32", "u32", condition),
  lt: (x: U32, y: U32): Bool => infix("bool", x, "<", y),
  ge: (x: U32, y: U32): Bool => infix("bool", x, ">=", y),
};

export const or = (x: Bool, y: Bool): Bool => infix("bool", x, "||", y);
export const and = (x: Bool, y: Bool): Bool => infix("bool", x, "&&", y);

/** A float32 literal; WGSL has none for infinity or NaN. */
function literal(value: number): string {
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded)) throw new Error(`internal: WGSL has no literal for ${value}`);
  return `${String(rounded).replace("e+", "e")}f`;
}

const both =
  (operator: string) =>
  <T extends Float>(x: Node<T>, y: Node<T>): Node<T> =>
    infix(x.type, x, operator, y);
const one =
  (name: string) =>
  <T extends Float>(x: Node<T>): Node<T> =>
    builtin(x.type, name, x);

/** Arithmetic that is the same on a scalar and on four lanes. */
export const float = {
  const: <T extends Float>(type: T, value: number): Node<T> =>
    node(type, type === "f32" ? literal(value) : `vec4f(${literal(value)})`),
  add: both("+"),
  sub: both("-"),
  mul: both("*"),
  div: both("/"),
  min: <T extends Float>(x: Node<T>, y: Node<T>): Node<T> => builtin(x.type, "min", x, y),
  max: <T extends Float>(x: Node<T>, y: Node<T>): Node<T> => builtin(x.type, "max", x, y),
  abs: one("abs"),
  exp: one("exp"),
  log: one("log"),
  sign: one("sign"),
  sqrt: one("sqrt"),
  neg: <T extends Float>(x: Node<T>): Node<T> => node(x.type, `(-${x.text})`),
  /** `x` where `x0 < y0`, lane by lane, else `otherwise`. */
  whereLess: <T extends Float>(x0: Node<T>, y0: Node<T>, x: Node<T>, otherwise: Node<T>): Node<T> =>
    node(x.type, `select(${otherwise.text}, ${x.text}, ${x0.text} < ${y0.text})`),
  whereEqual: <T extends Float>(
    x0: Node<T>,
    y0: Node<T>,
    x: Node<T>,
    otherwise: Node<T>,
  ): Node<T> => node(x.type, `select(${otherwise.text}, ${x.text}, ${x0.text} == ${y0.text})`),
  /** A scalar in every lane. */
  splat: <T extends Float>(type: T, x: F32): Node<T> =>
    type === "f32" ? node(type, x.text) : builtin(type, "vec4f", x),
  /** The sum of the lanes. */
  sum: (x: Node<Float>): F32 =>
    x.type === "f32" ? (x as F32) : node("f32", `dot(${x.text}, vec4f(1.0f))`),
  largest: (x: Node<Float>): F32 =>
    x.type === "f32"
      ? (x as F32)
      : node("f32", `max(max(${x.text}.x, ${x.text}.y), max(${x.text}.z, ${x.text}.w))`),
  atLeast: (x: F32, y: F32): Bool => infix("bool", x, ">=", y),
  where: (condition: Bool, x: F32, otherwise: F32): F32 =>
    builtin("f32", "select", otherwise, x, condition),
};

export const vec4 = {
  of: (...lanes: readonly [F32, F32, F32, F32]): Vec4 => builtin("vec4f", "vec4f", ...lanes),
  zero: node("vec4f", "vec4f()"),
  lane: (x: Vec4, lane: number): F32 => node("f32", `${x.text}.${"xyzw"[lane]!}`),
  /** A lane that only a run knows. */
  at: (x: Vec4, lane: U32): F32 => node("f32", `${x.text}[${lane.text}]`),
  scale: (x: F32, y: Vec4): Vec4 => infix("vec4f", x, "*", y),
  dot: (x: Vec4, y: Vec4): F32 => builtin("f32", "dot", x, y),
};

/** The components of four sizes. */
export const sizesOf = (x: Node<"vec4u">): readonly U32[] =>
  ["x", "y", "z", "w"].map((component) => node("u32", `${x.text}.${component}`));

/**
 * The lowest finite float32. It stands for minus infinity, since WGSL may assume that infinities do
 * not occur.
 */
export const lowest = -3.4028234663852886e38;

/** Up to four columns of four: the product with a vector is a sum of its columns, scaled. */
export const matrix = {
  of: (columns: readonly Vec4[]): Node<Matrix> | Vec4 =>
    columns.length === 1
      ? columns[0]!
      : builtin(`mat${columns.length as 2 | 3 | 4}x4f`, `mat${columns.length}x4f`, ...columns),
  multiply: (columns: Node<Matrix> | Vec4, x: Vec4): Vec4 => {
    const count = columns.type === "vec4f" ? 1 : Number(columns.type[3]);
    return infix(
      "vec4f",
      columns,
      "*",
      node("vec4f", count === 4 ? x.text : `${x.text}.${"xyz".slice(0, count)}`),
    );
  },
};

/** Four 16-bit values, two in each word, or as the extension f16 has them. */
export const halves = {
  f16: (x: Node<"vec4h">): Vec4 => node("vec4f", `vec4f(${x.text})`),
  float16: (x: Node<"vec2u">): Vec4 =>
    node("vec4f", `vec4f(unpack2x16float(${x.text}.x), unpack2x16float(${x.text}.y))`),
  bfloat16: (x: Node<"vec2u">): Vec4 =>
    node(
      "vec4f",
      `bitcast<vec4f>(vec4u(${x.text}.x << 16u, ${x.text}.x & 0xffff0000u, ${x.text}.y << ` +
        `16u, ${x.text}.y & 0xffff0000u))`,
    ),
};

/** The same bits as another type. */
export const bitcast = {
  float: (x: Node<"vec4u">): Vec4 => builtin("vec4f", "bitcast<vec4f>", x),
};

/** Codes of quantised weights out of words, the first in the lowest bits. */
export const codes = {
  /** Signed bytes of a word of four, as numbers. */
  signedBytes: (x: Node<"vec4u">, word: number): Vec4 =>
    node(
      "vec4f",
      `vec4f(bitcast<vec4i>(vec4u(${x.text}.${"xyzw"[word]!}) << vec4u(24u, 16u, 8u, 0u)) >> ` +
        "vec4u(24u))",
    ),
  /** The first two words, or where `last` is 1 the others. */
  half: (x: Node<"vec4u">, last: U32): Node<"vec2u"> =>
    node("vec2u", `select(${x.text}.xy, ${x.text}.zw, ${last.text} == 1u)`),
  /** Four codes of 4 bits of a word of two, from the `first` on. */
  nibbles: (x: Node<"vec2u">, word: number, first: number): Node<"vec4u"> =>
    node(
      "vec4u",
      `((vec4u(${x.text}.${"xy"[word]!}) >> ` +
        `vec4u(${[0, 1, 2, 3].map((i) => `${4 * (first + i)}u`).join(", ")})) & vec4u(15u))`,
    ),
  numbers: (x: Node<"vec4u">): Vec4 => builtin("vec4f", "vec4f", x),
};

/** Bytes of a word, the first the lowest, as the numbers 0 to 255. */
export const bytes = {
  all: (x: U32): Vec4 =>
    node("vec4f", `vec4f((vec4u(${x.text}) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u))`),
  one: (x: U32, byte: U32): F32 => node("f32", `f32((${x.text} >> (8u * ${byte.text})) & 255u)`),
};

/**
 * Reductions over the threads of a subgroup, of any size. All threads of the subgroup must reach
 * them. They need the extension subgroups.
 */
export const subgroup = {
  combine: {
    add: (x: F32): F32 => builtin("f32", "subgroupAdd", x),
    max: (x: F32): F32 => builtin("f32", "subgroupMax", x),
  },
  broadcast: <T extends Float>(x: Node<T>, from: number): Node<T> =>
    node(x.type, `subgroupBroadcast(${x.text}, ${from}u)`),
  sum: (x: U32): U32 => builtin("u32", "subgroupAdd", x),
  /** How many they are, and how many come before this one. */
  count: node("u32", "subgroupAdd(1u)") as U32,
  rank: node("u32", "subgroupExclusiveAdd(1u)") as U32,
};
