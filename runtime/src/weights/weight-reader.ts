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
}
