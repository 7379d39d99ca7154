import type { LoweredProgram } from "@sigil/compiler/internal";
import { dequantize, quantize, requireTensor, type WeightSource } from "@sigil/runtime/internal";
import { isQuantized, type QuantizedStorage } from "@sigil/spec";

/**
 * The tensors of a program, by name, as the oracle computes with them. Tensors that backends
 * quantise have the values of their codes. All others have the values of the checkpoint.
 */
export async function storedWeights(
  { init, launches, tensors }: LoweredProgram,
  source: WeightSource,
): Promise<ReadonlyMap<string, Float32Array>> {
  const quantized = new Map<string, { storage: QuantizedStorage; columns: number }>();
  for (const { problem, operands } of [...init, ...launches]) {
    const b = operands[1];
    if (problem.family !== "gemm" || problem.b.kind !== "weight" || b?.kind !== "weight") continue;
    const { storage } = problem.b;
    if (!isQuantized(storage)) continue;
    for (const { tensor } of b.parts) quantized.set(tensor, { storage, columns: b.columns });
  }
  const stored = new Map<string, Float32Array>();
  for (const name of Object.keys(tensors)) {
    const values = await source.readFloat32(name);
    const how = requireTensor(source, name).quantized ? undefined : quantized.get(name);
    stored.set(
      name,
      how ? dequantize(quantize(values, how.columns, how.storage, name), how.storage) : values,
    );
  }
  return stored;
}
