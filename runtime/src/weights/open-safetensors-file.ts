import { openFileSource } from "./file-source.ts";
import { openSafetensors } from "./safetensors.ts";
import type { WeightSource } from "./weight-source.ts";

/** Opens a safetensors file in Node. Throws WeightsError, and leaves no file open then. */
export async function openSafetensorsFile(path: string): Promise<WeightSource> {
  const source = await openFileSource(path);
  try {
    return await openSafetensors(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}
