import { SafetensorsWriter } from "@sigil/runtime/node";

export interface StoredTensor {
  readonly dtype: "F32" | "I32" | "U8";
  readonly data: Float32Array | Int32Array | Uint8Array;
  readonly shape: readonly number[];
}

/** Writes a safetensors file, which appears under its name only when it is complete. */
export async function saveTensors(
  path: string,
  tensors: Readonly<Record<string, StoredTensor>>,
): Promise<void> {
  const writer = await SafetensorsWriter.create(
    path,
    Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { dtype, shape }] as const),
    { format: "pt" },
  );
  try {
    for (const [name, { data }] of Object.entries(tensors)) await writer.write(name, data);
  } catch (error) {
    await writer.abort();
    throw error;
  }
  await writer.finish();
}
