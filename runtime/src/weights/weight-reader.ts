import type { QuantizedStorage } from "@sigil/spec";
import type { PackableMatrix } from "./quantized/packable.ts";
import type { TensorInfo } from "./weight-source.ts";

/** What loading reads of a checkpoint; @sigil/runtime's WeightSource is one. */
export interface WeightReader {
  /** In the order of the file, which reads then follow. */
  readonly tensors?: ReadonlyMap<string, TensorInfo>;
  readFloat32(name: string, options?: { signal?: AbortSignal }): Promise<Float32Array>;
  readRowsFloat32(
    name: string,
    rows: ArrayLike<number>,
    options?: { signal?: AbortSignal },
  ): Promise<Float32Array>;
  /** For weights that the plan keeps quantised. */
  readQuantized?(
    name: string,
    storage: QuantizedStorage,
    options?: { signal?: AbortSignal },
  ): Promise<PackableMatrix>;
}
