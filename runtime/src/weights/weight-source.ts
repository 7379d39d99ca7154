import type { QuantizedStorage } from "@sigil/spec";
import { nearestName } from "@sigil/spec/shared";
import type { VerifyOptions } from "./byte-source.ts";
import type { DType } from "./dtype.ts";
import { WeightsError } from "./error.ts";
import type { StoredKind } from "./quantized/stored-quantized.ts";
import type { PackableMatrix } from "./quantized/packable.ts";

/** Element type and row-major shape of a stored tensor. */
export interface TensorInfo {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** How the codes are stored whose weights it stands for. */
  readonly quantized?: StoredKind;
}

/** Bytes of a tensor in a file; see ByteSource's `descriptor`. */
export interface TensorLocation {
  readonly descriptor: number;
  readonly offset: number;
}

/** Named tensors, read one at a time. */
export interface WeightSource {
  /** What errors call it. */
  readonly name: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
  /** The little-endian bytes as stored. */
  read(name: string, options?: { signal?: AbortSignal }): Promise<Uint8Array>;
  /** All elements, row-major, F16, BF16 and F64 converted; a WeightsError for other dtypes. */
  readFloat32(name: string, options?: { signal?: AbortSignal }): Promise<Float32Array>;
  /**
   * Rows of a 2-D tensor as [rows.length, columns], in the order given (repeats allowed), without
   * reading the rest.
   */
  readRowsFloat32(
    name: string,
    rows: ArrayLike<number>,
    options?: { signal?: AbortSignal },
  ): Promise<Float32Array>;
  /** The bytes of such rows as stored. */
  readRows?(
    name: string,
    rows: ArrayLike<number>,
    options?: { signal?: AbortSignal },
  ): Promise<Uint8Array>;
  /**
   * A tensor with a scale for each group of `storage`: its codes if its info says `quantized`, a
   * WeightsError if they are of another kind; floats are quantised. Bound sources have it.
   */
  readQuantized?(
    name: string,
    storage: QuantizedStorage,
    options?: { signal?: AbortSignal },
  ): Promise<PackableMatrix>;
  /** Where a tensor's bytes lie in an open file, if they lie in one. */
  locate?(name: string): TensorLocation | undefined;
  /**
   * Throws a WeightsError unless each file has its SHA-256, given by file name; sources without
   * files have no such method.
   */
  verify?(sha256: Readonly<Record<string, string>>, options?: VerifyOptions): Promise<void>;
  close(): Promise<void>;
}

/** The entry of `name`, or a WeightsError that suggests the nearest name. */
export function requireTensor(
  source: Pick<WeightSource, "name" | "tensors">,
  name: string,
): TensorInfo {
  const info = source.tensors.get(name);
  if (info === undefined) {
    const near = nearestName(name, source.tensors.keys());
    throw new WeightsError(
      `has no such tensor${near === undefined ? "" : `; the nearest is "${near}"`}`,
      { file: source.name, tensor: name },
    );
  }
  return info;
}

/** Columns of a 2-D tensor after checking that every row index exists. */
export function checkRows(
  source: Pick<WeightSource, "name" | "tensors">,
  name: string,
  rows: ArrayLike<number>,
): number {
  const { shape } = requireTensor(source, name);
  if (shape.length !== 2) {
    throw new WeightsError("has no rows to gather", {
      file: source.name,
      tensor: name,
      expected: "two dimensions",
      received: `[${shape.join(", ")}]`,
    });
  }
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (!Number.isInteger(row) || row < 0 || row >= shape[0]!) {
      throw new WeightsError("row out of range", {
        file: source.name,
        tensor: name,
        expected: `rows 0 to ${shape[0]! - 1}`,
        received: `${row} at position ${i}`,
      });
    }
  }
  return shape[1]!;
}
