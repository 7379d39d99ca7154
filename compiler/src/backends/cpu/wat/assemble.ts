/** WAT to bytes through wabt, with the features that the kernels use. */
import wabt from "wabt";

let loaded: ReturnType<typeof wabt> | undefined;

export async function assemble(name: string, wat: string): Promise<Uint8Array> {
  const features = {
    simd: true,
    threads: true,
    bulk_memory: true,
    relaxed_simd: true,
    sat_float_to_int: true,
  };
  const parsed = (await (loaded ??= wabt())).parseWat(name, wat, features);
  try {
    // wabt's types leave the features out, and without them it rejects shared memories.
    (parsed.validate as (options: typeof features) => void).call(parsed, features);
    return parsed.toBinary({ log: false, write_debug_names: false }).buffer.slice();
  } finally {
    parsed.destroy();
  }
}
