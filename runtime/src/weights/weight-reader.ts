import type { QuantizedStorage } from "@sigil/spec";
import type { PackableMatrix } from "./quantized/packable.ts";
import type { TensorInfo, TensorLocation } from "./weight-source.ts";

/** What loading reads of a checkpoint; @sigil/runtime's WeightSource is one. */
export interface WeightReader {
  /** In the order of the file, which reads then follow. */
  readonly tensors?: ReadonlyMap<string, TensorInfo>;
  /** Where a tensor's bytes lie in an open file, if they lie in one. */
  locate?(name: string): TensorLocation | undefined;
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
