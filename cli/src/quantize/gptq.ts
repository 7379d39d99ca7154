/**
 * GPTQ (Frantar et al. 2022): quantises columns one after the other, and changes each to compensate
 * for the errors of those before it, according to the products of the inputs. It is computed as
 * LDLQ, which is the same and needs no inverse (Chee et al. 2023, QuIP).
 */
import type { QuantizedMatrix } from "@sigil/runtime/internal";
import { hasZeroPoints, type QuantizedStorage } from "@sigil/spec";
import { closestGrid, codeRange, nearestNumber } from "./choose-scales.ts";
import { createDotProducts, type DotProducts } from "./dot-products.ts";
import type { Gram } from "./gram.ts";

/** What is added to the diagonal, as a part of its mean. */
const damping = 0.01;
/** Rows of the factor that are computed side by side, so that they stay in the cache. */
const blockRows = 16;

/** Quantises `values`, `[rows, columns]`, to codes on the grids of closestGrid. */
export async function gptq(
  values: Float32Array,
  columns: number,
  storage: QuantizedStorage,
  gram: Gram,
): Promise<QuantizedMatrix> {
  const { group } = storage;
  const rows = values.length / columns;
  const groups = Math.ceil(columns / group);
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(rows * groups);
  const zeros = hasZeroPoints(storage) ? new Float32Array(scales.length) : undefined;
  const range = codeRange(storage);
  const { arrays, dot4 } = await createDotProducts(columns * columns, values.length);
  /** `errors`: weights less what their codes stand for. */
  const [feedback, errors] = arrays as [Float64Array, Float64Array];
  writeFeedback(gram, feedback, dot4);
  /** A group of one row: its weights, changed for the errors of earlier groups. */
  const changed = new Float64Array(group);
  /** The same, each also changed for the changes of those before it in the group. */
  const expected = new Float32Array(group);
  for (let g = 0; g < groups; g++) {
    const begin = g * group;
    const count = Math.min(group, columns - begin);
    for (let row = 0; row < rows; row++) {
      const own = row * columns;
      for (let c = 0; c < count; c += 4) {
        const sums = dot4(errors, own, feedback, (begin + c) * columns, columns, begin);
        for (let i = 0; i < 4 && c + i < count; i++)
          changed[c + i] = values[own + begin + c + i]! + sums[i]!;
      }
      for (let c = 0; c < count; c++) {
        const at = (begin + c) * columns + begin;
        let x = changed[c]!;
        // The first group's weights are as they were, so that nothing changes in it.
        for (let j = 0; begin > 0 && j < c; j++)
          x += (values[own + begin + j]! - expected[j]!) * feedback[at + j]!;
        expected[c] = x;
      }
      const grid = closestGrid(expected, { begin: 0, count, stride: 1 }, storage);
      scales[row * groups + g] = grid.scale;
      if (zeros) zeros[row * groups + g] = grid.zero;
      for (let c = 0; c < count; c++) {
        const at = (begin + c) * columns + begin;
        let x = changed[c]!;
        for (let j = 0; j < c; j++) x += errors[own + begin + j]! * feedback[at + j]!;
        const number = nearestNumber(x, grid, range);
        codes[own + begin + c] = number + range.shift;
        errors[own + begin + c] = values[own + begin + c]! - (number - grid.zero) * grid.scale;
      }
    }
  }
  return { columns, codes, scales, zeros };
}

/**
 * Writes `feedback`, `[size, size]`: how much of the error of column j < c column c takes over.
 * With the damped products H = R R^T, R upper triangular, that is R[j, c] / R[c, c]. With H turned
 * end to end, J H J = L L^T, and R = J L J.
 */
function writeFeedback(
  { size, sums }: Gram,
  feedback: Float64Array,
  dot4: DotProducts["dot4"],
): void {
  let mean = 0;
  for (let i = 0; i < size; i++) mean += sums[i * size + i]! / size;
  const damped = damping * (mean || 1);
  // A large matrix takes 148 MB, so that L and what is made of it share a place.
  const l = feedback;
  for (let begin = 0; begin < size; begin += blockRows) {
    const end = Math.min(begin + blockRows, size);
    for (let j = 0; j < end; j++) {
      const diagonal = j < begin ? l[j * size + j]! : 0;
      for (let first = Math.max(begin, j); first < end; first += 4) {
        const products = dot4(l, j * size, l, first * size, size, j);
        for (let i = first; i < Math.min(first + 4, end); i++) {
          // Both are in the upper triangle, a being the smaller.
          const [a, b] = [size - 1 - i, size - 1 - j];
          const sum = sums[a * size + b]! - products[i - first]!;
          l[i * size + j] =
            i === j
              ? Math.sqrt(Math.max(sum + damped, damped * 1e-6))
              : sum / (diagonal || l[j * size + j]!);
        }
      }
    }
  }
  const diagonals = Float64Array.from({ length: size }, (_, i) => l[i * size + i]!);
  // What is in row i and column j belongs where row size - 1 - j and column size - 1 - i meet.
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i && i + j < size; j++) {
      const [own, other] = [i * size + j, (size - 1 - j) * size + size - 1 - i];
      const turned = l[own]! / diagonals[j]!;
      feedback[own] = l[other]! / diagonals[size - 1 - i]!;
      feedback[other] = turned;
    }
}
