/** The fixed-point resize of RGB pictures on WebAssembly SIMD. */
import type { FixedWindows } from "./fixed-windows.ts";
import { resizeModule } from "./resize-module.ts";

interface Exports {
  readonly memory: WebAssembly.Memory;
  across(
    source: number,
    target: number,
    rows: number,
    rowBytes: number,
    to: number,
    first: number,
    count: number,
    weights: number,
    groups: number,
    precision: number,
  ): void;
  down(
    source: number,
    target: number,
    rowBytes: number,
    to: number,
    first: number,
    count: number,
    weights: number,
    size: number,
    precision: number,
  ): void;
}

/** Instantiated at the first resize; null where the engine or the page's policy refuses it. */
let instance: Exports | null | undefined;

function load(): Exports | null {
  try {
    const bytes = Uint8Array.from(atob(resizeModule), (character) => character.charCodeAt(0));
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Exports;
  } catch {
    return null;
  }
}

/**
 * Source rows are copied in strips of about this much, so that a photograph is never there whole.
 */
const stripBytes = 1 << 20;
const slack = 64;
/** What the memory keeps from one resize to the next, at most. */
const keptBytes = 1 << 25;
const align = (bytes: number): number => Math.ceil(bytes / 16) * 16;
/** Four weights of a pixel lie together for the pass across. */
const groupsOf = ({ size }: FixedWindows): number => Math.ceil(size / 4);
const tableBytes = (windows: FixedWindows): number =>
  align(8 * windows.first.length + 16 * groupsOf(windows) * windows.first.length);

/**
 * `[height, width, 3]` to `[toHeight, toWidth, 3]`; a pass without windows is skipped. Undefined
 * where SIMD or so much of its memory cannot be had.
 */
export function resizeSimd(
  data: Uint8Array,
  width: number,
  height: number,
  horizontal: FixedWindows | undefined,
  vertical: FixedWindows | undefined,
): Uint8Array | undefined {
  const simd = (instance ??= load());
  if (!simd) return undefined;
  try {
    return passes(simd, data, width, height, horizontal, vertical);
  } finally {
    // A memory never shrinks; another is made in a millisecond.
    if (simd.memory.buffer.byteLength > keptBytes) instance = undefined;
  }
}

function passes(
  simd: Exports,
  data: Uint8Array,
  width: number,
  height: number,
  horizontal: FixedWindows | undefined,
  vertical: FixedWindows | undefined,
): Uint8Array | undefined {
  const rowBytes = 3 * width;
  const outBytes = 3 * (horizontal?.first.length ?? width);
  const toHeight = vertical?.first.length ?? height;
  const strip = Math.max(1, Math.floor(stripBytes / rowBytes));
  // Tables | strip | every row after the first pass | the result.
  const horizontalTable = 0;
  const verticalTable = horizontal ? tableBytes(horizontal) : 0;
  const source = verticalTable + (vertical ? tableBytes(vertical) : 0);
  const middle = align(source + (horizontal ? strip * rowBytes : 0) + slack);
  const target = align(middle + height * outBytes + slack);
  const missing =
    target + (vertical ? toHeight * outBytes : 0) + slack - simd.memory.buffer.byteLength;
  try {
    if (missing > 0) simd.memory.grow(Math.ceil(missing / 65536));
  } catch {
    // More than 4 GiB, or than there is.
    return undefined;
  }
  const memory = new Uint8Array(simd.memory.buffer);
  if (horizontal) {
    const tables = write(
      simd.memory,
      horizontalTable,
      horizontal,
      splitWeights(horizontal),
      groupsOf(horizontal),
    );
    for (let row = 0; row < height; row += strip) {
      const rows = Math.min(strip, height - row);
      memory.set(data.subarray(row * rowBytes, (row + rows) * rowBytes), source);
      simd.across(
        source,
        middle + row * outBytes,
        rows,
        rowBytes,
        horizontal.first.length,
        ...tables,
      );
    }
  } else memory.set(data, middle);
  if (!vertical) return memory.slice(middle, middle + height * outBytes);
  simd.down(
    middle,
    target,
    outBytes,
    toHeight,
    ...write(simd.memory, verticalTable, vertical, vertical.weights, vertical.size),
  );
  return memory.slice(target, target + toHeight * outBytes);
}

type Tables = [first: number, count: number, weights: number, size: number, precision: number];

/**
 * Copies the tables of an axis to `at`, with `weights` as its pass reads them, `size` a pixel;
 * their addresses and constants as the pass takes them.
 */
function write(
  { buffer }: WebAssembly.Memory,
  at: number,
  { first, count, precision }: FixedWindows,
  weights: Int32Array | Int16Array,
  size: number,
): Tables {
  const [counts, values] = [at + 4 * first.length, at + 8 * first.length];
  new Int32Array(buffer, at, first.length).set(first);
  new Int32Array(buffer, counts, count.length).set(count);
  new Uint8Array(buffer, values, weights.byteLength).set(
    new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength),
  );
  return [at, counts, values, size, precision];
}

/**
 * Bits of the low part of a weight, as resize.wat has it: both parts are i16, a weight of Pillow's
 * has 22 bits and a sign.
 */
const lowBits = 11;

/** Weights as the pass across reads them: of each four the high parts, then the low ones. */
function splitWeights(windows: FixedWindows): Int16Array {
  const { first, weights, size } = windows;
  const groups = groupsOf(windows);
  const halves = new Int16Array(8 * groups * first.length);
  for (let i = 0; i < first.length; i++)
    for (let k = 0; k < size; k++) {
      const weight = weights[i * size + k]!;
      const place = 8 * (i * groups + (k >> 2)) + (k & 3);
      halves[place] = weight >> lowBits;
      halves[place + 4] = weight & ((1 << lowBits) - 1);
    }
  return halves;
}
