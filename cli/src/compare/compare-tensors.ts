/** How far apart two tensors are, element by element. */
import type { NumberTensor } from "../tensors/read-inputs.ts";

export interface Difference {
  /**
   * Largest |a - b|; Infinity where one is finite and the other not, zero where both are the same
   * infinity or both NaN.
   */
  readonly maxError: number;
  readonly meanError: number;
  /** Cosine of the angle between them; 1 where both are zero. */
  readonly cosine: number;
  /** Index and values of the worst element; absent for empty tensors. */
  readonly worst?: { readonly index: readonly number[]; readonly a: number; readonly b: number };
}

export function compareTensors(a: NumberTensor, b: NumberTensor): Difference {
  let [maxError, total, dot, lengthA, lengthB, at] = [0, 0, 0, 0, 0, -1];
  a.values.forEach((x, i) => {
    const y = b.values[i]!;
    const error =
      Object.is(x, y) || x === y
        ? 0
        : Number.isFinite(x) && Number.isFinite(y)
          ? Math.abs(x - y)
          : Infinity;
    total += error;
    dot += x * y;
    lengthA += x * x;
    lengthB += y * y;
    if (at < 0 || error > maxError) [maxError, at] = [error, i];
  });
  const cosine = lengthA === 0 && lengthB === 0 ? 1 : dot / Math.sqrt(lengthA * lengthB);
  const count = a.values.length;
  if (at < 0) return { maxError: 0, meanError: 0, cosine: 1 };
  return {
    maxError,
    meanError: total / count,
    cosine,
    worst: { index: indexOf(at, a.shape), a: a.values[at]!, b: b.values[at]! },
  };
}

function indexOf(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
    index.unshift(rest % shape[axis]!);
    rest = Math.floor(rest / shape[axis]!);
  }
  return index;
}
