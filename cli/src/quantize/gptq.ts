/**
 * GPTQ (Frantar et al. 2022): quantises columns one after the other, and changes the remaining
 * columns to compensate for the error of each, according to the products of the inputs.
 */
import type { QuantizedMatrix } from "@sigil/runtime/internal";
import { hasZeroPoints, type QuantizedStorage } from "@sigil/spec";
import { closestGrid, codeRange, nearestNumber, type Grid } from "./choose-scales.ts";
import type { Gram } from "./gram.ts";

/** What is added to the diagonal, as a part of its mean. */
const damping = 0.01;

/** Quantises `values`, `[rows, columns]`, to codes on the grids of closestGrid. */
export function gptq(
  values: Float32Array,
  columns: number,
  storage: QuantizedStorage,
  gram: Gram,
): QuantizedMatrix {
  const { group } = storage;
  const rows = values.length / columns;
  const groups = Math.ceil(columns / group);
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(rows * groups);
  const zeros = hasZeroPoints(storage) ? new Float32Array(scales.length) : undefined;
  const range = codeRange(storage);
  /** Of each row, in the group at hand. */
  let grids: Grid[] = [];
  const factor = inverseFactor(gram);
  // Column by column, so that each update goes along memory.
  const left = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < columns; k++) left[k * rows + row] = values[row * columns + k]!;
  const errors = new Float32Array(rows);
  for (let k = 0; k < columns; k++) {
    const g = Math.floor(k / group);
    if (k % group === 0) {
      const count = Math.min(columns - k, group);
      grids = Array.from({ length: rows }, (_, row) =>
        closestGrid(left, { begin: k * rows + row, count, stride: rows }, storage),
      );
      grids.forEach(({ scale, zero }, row) => {
        scales[row * groups + g] = scale;
        if (zeros) zeros[row * groups + g] = zero;
      });
    }
    const own = k * rows;
    const diagonal = factor[k * columns + k]!;
    for (let row = 0; row < rows; row++) {
      const grid = grids[row]!;
      const x = left[own + row]!;
      const number = nearestNumber(x, grid, range);
      codes[row * columns + k] = number + range.shift;
      errors[row] = (x - (number - grid.zero) * grid.scale) / diagonal;
    }
    for (let j = k + 1; j < columns; j++) {
      const share = factor[k * columns + j]!;
      if (share === 0) continue;
      const at = j * rows;
      for (let row = 0; row < rows; row++) left[at + row]! -= errors[row]! * share;
    }
  }
  return { columns, codes, scales, zeros };
}

/**
 * The upper triangle U with U^T U the inverse of the damped products H: with H turned end to end,
 * J H J = L L^T, and U is the inverse of J L J.
 */
function inverseFactor(gram: Gram): Float64Array {
  const { size, sums } = gram;
  let mean = 0;
  for (let i = 0; i < size; i++) mean += sums[i * size + i]! / size;
  const damped = damping * (mean || 1);
  const l = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      const [a, b] = [size - 1 - i, size - 1 - j];
      // Both are in the upper triangle, a being the smaller.
      const sum = sums[a * size + b]! + (i === j ? damped : 0) - dot(l, i * size, j * size, j);
      const [p, q] = [i * size, j * size];
      l[p + j] = i === j ? Math.sqrt(Math.max(sum, damped * 1e-6)) : sum / l[q + j]!;
    }
  // R = J L J is upper triangular; its inverse, row by row from the last.
  const r = (i: number, j: number): number => l[(size - 1 - i) * size + (size - 1 - j)]!;
  const u = new Float64Array(size * size);
  for (let i = size - 1; i >= 0; i--) {
    const inverse = 1 / r(i, i);
    const at = i * size;
    for (let k = i + 1; k < size; k++) {
      const x = r(i, k) * inverse;
      if (x === 0) continue;
      const from = k * size;
      for (let j = k; j < size; j++) u[at + j]! -= x * u[from + j]!;
    }
    u[at + i] = inverse;
  }
  return u;
}

/** Of two rows; four sums at a time, so that one addition need not wait for the last. */
function dot(values: Float64Array, a: number, b: number, count: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < count; k += 4) {
    s0 += values[a + k]! * values[b + k]!;
    s1 += values[a + k + 1]! * values[b + k + 1]!;
    s2 += values[a + k + 2]! * values[b + k + 2]!;
    s3 += values[a + k + 3]! * values[b + k + 3]!;
  }
  for (; k < count; k++) s0 += values[a + k]! * values[b + k]!;
  return s0 + s1 + (s2 + s3);
}
