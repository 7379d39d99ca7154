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
  /** For a quantised tensor: how its codes are stored. */
  readonly quantized?: StoredKind;
}

/** Where the bytes of a tensor lie in a file. See `descriptor` of ByteSource. */
export interface TensorLocation {
  readonly descriptor: number;
  readonly offset: number;
}

/** Named tensors, read one at a time. */
export interface WeightSource {
  /** Its name in errors. */
  readonly name: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
  /** The little-endian bytes as stored. */
  read(name: string, options?: { signal?: AbortSignal }): Promise<Uint8Array>;
  /**
   * All elements, row-major. F16, BF16 and F64 are converted. Throws WeightsError for other dtypes.
   */
  readFloat32(name: string, options?: { signal?: AbortSignal }): Promise<Float32Array>;
  /**
   * Reads only these rows of a 2-D tensor, as [rows.length, columns], in the given order. Rows may
   * repeat.
   */
  readRowsFloat32(
    name: string,
    rows: ArrayLike<number>,
    options?: { signal?: AbortSignal },
  ): Promise<Float32Array>;
  /** The bytes of these rows as they are stored. */
  readRows?(
    name: string,
    rows: ArrayLike<number>,
    options?: { signal?: AbortSignal },
  ): Promise<Uint8Array>;
  /**
   * Reads a tensor as codes with scales, as `storage` says. A tensor whose info says `quantized`
   * must be stored that way, or this throws WeightsError. Floats are quantised. Bound sources have
   * this method.
   */
  readQuantized?(
    name: string,
    storage: QuantizedStorage,
    options?: { signal?: AbortSignal },
  ): Promise<PackableMatrix>;
  /** Where the bytes of a tensor lie in an open file, if they do. */
  locate?(name: string): TensorLocation | undefined;
  /**
   * Throws a WeightsError unless each file has its SHA-256 digest, given by file name. Sources
   * without files lack this method.
   */
  verify?(sha256: Readonly<Record<string, string>>, options?: VerifyOptions): Promise<void>;
  close(): Promise<void>;
}

/**
 * The entry of `name`, of what a source knows of its tensors. Throws a WeightsError that suggests
 * the nearest name.
 */
export function requireTensor<Entry = TensorInfo>(
  source: { readonly name: string; readonly tensors: ReadonlyMap<string, Entry> },
  name: string,
): Entry {
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

/** The number of columns of a 2-D tensor. Checks that every row index exists. */
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
