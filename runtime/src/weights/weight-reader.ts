import type { QuantizedStorage } from "@sigil/spec";
import type { PackableMatrix } from "./quantized/packable.ts";
import type { TensorInfo, TensorLocation } from "./weight-source.ts";

/** The part of a checkpoint that loading reads. WeightSource of @sigil/runtime is one. */
export interface WeightReader {
  /** In the order of the file, in which they are then read. */
  readonly tensors?: ReadonlyMap<string, TensorInfo>;
  /** Where the bytes of a tensor lie in an open file, if they do. */
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
