/**
 * GPTQ (Frantar et al. 2022): columns are quantised one after the other, and what each loses is
 * made up for by those that are left, as the inputs' products tell.
 */
import { float16ToFloat32, float32ToFloat16, type QuantizedMatrix } from "@sigil/runtime/internal";
import type { Gram } from "./gram.ts";

/** What is added to the diagonal, as a part of its mean. */
const damping = 0.01;
const parts = [1, 0.975, 0.95, 0.925, 0.9, 0.875, 0.85, 0.825, 0.8];

/** 4-bit codes, evenly spaced, with float16 scales; `values` are `[rows, columns]`. */
export function gptq(
  values: Float32Array,
  columns: number,
  group: number,
  gram: Gram,
): QuantizedMatrix {
  const rows = values.length / columns;
  const groups = Math.ceil(columns / group);
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(rows * groups);
  const factor = inverseFactor(gram);
  // Column by column, so that each update goes along memory.
  const left = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < columns; k++) left[k * rows + row] = values[row * columns + k]!;
  const errors = new Float32Array(rows);
  for (let k = 0; k < columns; k++) {
    const g = Math.floor(k / group);
    if (k % group === 0)
      chooseScales(left, rows, k, Math.min(columns, k + group), g, groups, scales);
    const own = k * rows;
    const diagonal = factor[k * columns + k]!;
    for (let row = 0; row < rows; row++) {
      const scale = scales[row * groups + g]!;
      const x = left[own + row]!;
      const code = scale === 0 ? 0 : Math.max(-8, Math.min(7, Math.round(x / scale)));
      codes[row * columns + k] = code + 8;
      errors[row] = (x - code * scale) / diagonal;
    }
    for (let j = k + 1; j < columns; j++) {
      const share = factor[k * columns + j]!;
      if (share === 0) continue;
      const at = j * rows;
      for (let row = 0; row < rows; row++) left[at + row]! -= errors[row]! * share;
    }
  }
  return { columns, codes, scales };
}

/** The scales of one group of columns, of the least squared error. */
function chooseScales(
  left: Float32Array,
  rows: number,
  begin: number,
  end: number,
  g: number,
  groups: number,
  scales: Float32Array,
): void {
  for (let row = 0; row < rows; row++) {
    let extreme = 0;
    for (let k = begin; k < end; k++) {
      const x = left[k * rows + row]!;
      if (Math.abs(x) > Math.abs(extreme)) extreme = x;
    }
    let [chosen, smallest] = [0, Infinity];
    for (const part of parts) {
      const scale = float16ToFloat32(float32ToFloat16((extreme / -8) * part));
      if (scale === 0) break;
      let error = 0;
      for (let k = begin; k < end && error < smallest; k++) {
        const x = left[k * rows + row]!;
        error += (x - scale * Math.max(-8, Math.min(7, Math.round(x / scale)))) ** 2;
      }
      if (error < smallest) [smallest, chosen] = [error, scale];
    }
    scales[row * groups + g] = chosen;
  }
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
