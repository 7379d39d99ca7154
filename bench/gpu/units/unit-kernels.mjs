/**
 * Kernels that each show one primitive, with their inputs and what the PTX manual says of the
 * result. Expectations are computed here, not by the emulator.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (name) => readFileSync(join(import.meta.dirname, `${name}.cuh`), "utf8");

/** Small integers and halves: exact in both formats and in every order of float32 sums. */
const exactValues = (count, salt) =>
  Array.from({ length: count }, (_, i) => ((Math.imul(i + salt, 2654435761) >>> 24) % 17) / 2 - 4);
const bfloat16 = (values) =>
  new Uint16Array(new Uint32Array(Float32Array.from(values).buffer).map((bits) => bits >>> 16));

/**
 * How B lies, and where A is. The first three are those of Gemm and of attention of 64 channels,
 * the rest of wider heads.
 */
const products = [
  { n: 256, span: 128, transposed: false, registers: false },
  { n: 192, span: 128, transposed: false, registers: false },
  { n: 64, span: 128, transposed: true, registers: true },
  { n: 72, span: 64, transposed: true, registers: true },
  { n: 96, span: 64, transposed: true, registers: true },
  { n: 144, span: 32, transposed: false, registers: false },
  { n: 144, span: 64, transposed: false, registers: false },
].map((product) => ({
  ...product,
  name:
    `wgmma_n${product.n}_swizzle${product.span}_${product.transposed ? "mn" : "k"}_` +
    `${product.registers ? "registers" : "shared"}`,
}));

const productUnit = ({ name, n, span }) => {
  const depth = span / 2;
  const a = exactValues(64 * depth, 5);
  const b = exactValues(n * depth, 6);
  const expected = Float32Array.from({ length: 64 * n }, (_, at) => {
    let sum = 0.5;
    for (let k = 0; k < depth; k++)
      sum += a[Math.floor(at / n) * depth + k] * b[(at % n) * depth + k];
    return sum;
  });
  return {
    name,
    inputs: [bfloat16(a), bfloat16(b)],
    outputBytes: expected.byteLength,
    launches: [
      {
        kernel: name,
        threads: 128,
        sharedBytes: 64 * 128 + 256 * 128 + 1024,
        arguments: [0, 1, "out"],
      },
    ],
    expected,
  };
};

/** A box of 16-bit elements in shared memory: zeros outside, chunks exchanged by the swizzle. */
function boxInShared({ sizes, box, swizzle }, at, element) {
  const result = new Uint16Array(box.reduce((x, y) => x * y));
  for (let i = 0; i < result.length; i++) {
    let rest = i;
    const index = box.map((size, axis) => {
      const inside = rest % size;
      rest = Math.floor(rest / size);
      return at[axis] + inside;
    });
    const span = Number(swizzle);
    const byte = 2 * i;
    const place = byte ^ ((Math.floor(byte / 128) % (span / 16)) * 16);
    const inside = index.every((value, axis) => value >= 0 && value < sizes[axis]);
    result[place / 2] = inside ? element(index) : 0;
  }
  return result;
}

const counting = (length) => Uint16Array.from({ length }, (_, i) => i + 1);

const flatBox = (span, at) => {
  const [columns, rows, pitch] = [70, 37, 80];
  const map = {
    input: 0,
    offset: 0,
    dtype: "bfloat16",
    sizes: [columns, rows],
    strides: [2 * pitch],
    box: [span / 2, 32],
    swizzle: String(span),
  };
  const expected = boxInShared(map, at, ([x, y]) => y * pitch + x + 1);
  return {
    name: `tma_2d_swizzle${span}_at_${at.join("_")}`.replaceAll("-", "minus"),
    inputs: [counting(rows * pitch)],
    outputBytes: expected.byteLength,
    launches: [
      {
        kernel: "load_2d",
        threads: 64,
        sharedBytes: expected.byteLength + 8,
        arguments: ["out", { int: expected.byteLength }, { int: at[0] }, { int: at[1] }],
        maps: [map],
      },
    ],
    expected,
  };
};

/** What attention of 72 channels reads beside its first 64: 8 channels and 8 zeros. */
const restOfHead = () => {
  const [channels, heads, tokens, batch] = [72, 3, 20, 2];
  const row = 3 * heads * channels;
  const first = heads * channels;
  const map = {
    input: 0,
    offset: 2 * first,
    dtype: "bfloat16",
    sizes: [channels, heads, tokens, batch],
    strides: [2 * channels, 2 * row, 2 * tokens * row],
    box: [16, 1, 16, 1],
    swizzle: "32",
  };
  const at = [64, 2, 8, 1];
  const element = ([c, h, t, b]) => (b * tokens + t) * row + first + h * channels + c + 1;
  const expected = boxInShared(map, at, element);
  return {
    name: "tma_4d_rest_of_a_head",
    inputs: [counting(batch * tokens * row)],
    outputBytes: expected.byteLength,
    launches: [
      {
        kernel: "load_4d",
        threads: 64,
        sharedBytes: expected.byteLength + 8,
        arguments: ["out", { int: expected.byteLength }, ...at.map((int) => ({ int }))],
        maps: [map],
      },
    ],
    expected,
  };
};

/** Two blocks fetch half a box each for both, three times, and each arrives at both barriers. */
const sharedBox = () => {
  const rounds = 3;
  const values = Float32Array.from({ length: rounds * 256 }, (_, i) => (i % 251) / 4);
  const sums = Array.from({ length: rounds }, (_, round) =>
    values.slice(round * 256, (round + 1) * 256).reduce((a, b) => a + b, 0),
  );
  return {
    name: "tma_multicast_to_a_cluster",
    inputs: [values],
    outputBytes: 4 * 4 * rounds,
    launches: [
      {
        kernel: "share",
        grid: 2,
        cluster: 2,
        threads: 64,
        sharedBytes: 1024 + 16,
        arguments: ["out", { int: rounds }],
        maps: [
          {
            input: 0,
            offset: 0,
            dtype: "float32",
            sizes: [16, 16 * rounds],
            strides: [64],
            box: [16, 8],
            swizzle: "none",
          },
        ],
      },
    ],
    expected: Float32Array.from({ length: 4 * rounds }, (_, i) => sums[Math.floor(i / 4)]),
  };
};

const phases = {
  name: "mbarrier_phases",
  inputs: [],
  outputBytes: 12,
  launches: [{ kernel: "phases", threads: 64, sharedBytes: 88, arguments: ["out"] }],
  expected: Uint32Array.of(1, 100, 101),
};

const registers = {
  name: "setmaxnreg",
  inputs: [],
  outputBytes: 4 * 256,
  launches: [{ kernel: "registers", threads: 384, sharedBytes: 0, arguments: ["out"] }],
  expected: Uint32Array.from({ length: 256 }, (_, i) => 160 * i + (159 * 160) / 2),
};

const overlapping = (programmatic) => {
  const blocks = 64;
  const expected = Uint32Array.from({ length: 32 * blocks }, (_, i) => {
    let state = i % 32;
    for (let step = 0; step < 20000; step++) state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state + 1;
  });
  return {
    name: programmatic ? "graph_programmatic_edge" : "graph_plain_edge",
    inputs: [new Uint32Array(32 * blocks)],
    outputBytes: expected.byteLength,
    launches: [
      { kernel: "ahead", grid: blocks, threads: 32, sharedBytes: 0, arguments: [0] },
      {
        kernel: "behind",
        grid: blocks,
        threads: 32,
        sharedBytes: 0,
        arguments: [0, "out"],
        programmatic,
      },
    ],
    expected,
  };
};

/** In the order in which later ones build on earlier ones. */
export const units = [
  phases,
  registers,
  flatBox(32, [4, -2]),
  flatBox(64, [40, 17]),
  flatBox(128, [-10, 1]),
  flatBox(128, [0, 40]),
  restOfHead(),
  sharedBox(),
  ...products.map(productUnit),
  overlapping(false),
  overlapping(true),
];

/** One translation unit with all of the kernels. */
export const source = [
  read("barriers"),
  read("copies"),
  read("products"),
  ...products.map(
    ({ name, n, span, transposed, registers: inRegisters }) =>
      `SIGIL_KERNEL(${name}, 128, 1)(const bf16* a, const bf16* b, float* c) { product<bf16, ` +
      `${n}, ${span}, ${transposed}, ${inRegisters}>(a, b, c); }\nSIGIL_EXPORT(${name})\n`,
  ),
].join("\n");
