import { isArrayOf } from "./validate.ts";

interface Stackable {
  readonly data: Float32Array | Uint8Array | Int32Array;
  readonly shape: readonly number[];
}

/**
 * Joins the inputs of several runs into those of one run, along the first axis. The other axes must
 * be equal.
 */
export function stackInputs<T extends object>(parts: readonly T[]): T {
  const keys = Object.keys(parts[0]!) as (keyof T)[];
  return Object.fromEntries(
    keys.map((key) => [key, stacked(parts.map((part) => part[key] as Stackable))]),
  ) as T;
}

function stacked(tensors: readonly Stackable[]): Stackable {
  const [{ data: first, shape }] = tensors as [Stackable];
  const length = first.length * tensors.length;
  const data = isArrayOf("uint8", first)
    ? new Uint8Array(length)
    : isArrayOf("int32", first)
      ? new Int32Array(length)
      : new Float32Array(length);
  tensors.forEach((tensor, i) => data.set(tensor.data, i * first.length));
  return {
    data,
    shape: [tensors.reduce((sum, tensor) => sum + tensor.shape[0]!, 0), ...shape.slice(1)],
  };
}
