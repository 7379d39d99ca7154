import type { WeightSource } from "@sigil/runtime";
import type { FoldableNorm } from "./find-matrices.ts";

/**
 * Reads a model's tensors in float32, with the weights and biases of norms folded into the matrices
 * after them: W' = W diag(weight) and b' = b + W bias. The norm's own become 1 and 0. The model
 * computes the same, and no channel is large only because of a norm.
 */
export function foldedReader(
  source: WeightSource,
  norms: readonly FoldableNorm[],
): (tensor: string) => Promise<Float32Array> {
  const weights = new Map<string, FoldableNorm>();
  const biases = new Map<string, { norm: FoldableNorm; weight: string }>();
  const ones = new Set<string>();
  const zeros = new Set<string>();
  for (const norm of norms) {
    ones.add(norm.weight);
    if (norm.bias !== undefined) zeros.add(norm.bias);
    for (const { weight, bias } of norm.linears) {
      weights.set(weight, norm);
      biases.set(bias, { norm, weight });
    }
  }
  return async (tensor) => {
    const values = Float32Array.from(await source.readFloat32(tensor));
    if (ones.has(tensor)) return values.fill(1);
    if (zeros.has(tensor)) return values.fill(0);
    const scaled = weights.get(tensor);
    if (scaled) {
      const scale = await source.readFloat32(scaled.weight);
      for (let i = 0; i < values.length; i++) values[i]! *= scale[i % scale.length]!;
    }
    const shifted = biases.get(tensor);
    if (shifted?.norm.bias !== undefined) {
      const [matrix, shift] = [
        await source.readFloat32(shifted.weight),
        await source.readFloat32(shifted.norm.bias),
      ];
      for (let row = 0; row < values.length; row++) {
        let sum = 0;
        for (let k = 0; k < shift.length; k++) sum += matrix[row * shift.length + k]! * shift[k]!;
        values[row]! += sum;
      }
    }
    return values;
  };
}
