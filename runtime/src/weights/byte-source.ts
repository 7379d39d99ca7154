import { WeightsError } from "./error.ts";

export interface VerifyOptions {
  readonly signal?: AbortSignal;
  /** Bytes read to verify a file, of all. */
  readonly onProgress?: (progress: {
    readonly loadedBytes: number;
    readonly totalBytes: number;
  }) => void;
}

/** Random access to bytes: a buffer, a Blob, a URL or (in Node) a file. */
export interface ByteSource {
  /** What errors call it: a path, a URL or a given name. */
  readonly name: string;
  /** Total bytes. */
  size(signal?: AbortSignal): Promise<number>;
  /** Exactly `length` bytes from `offset`, or a WeightsError. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** What tells one state of the file from another (an ETag), once the file has been asked for. */
  version?(): string | undefined;
  /**
   * The system's number of an open file, for those who read it by other means than JavaScript's;
   * theirs only until it is closed.
   */
  readonly descriptor?: number;
  /** Whether the file came as a whole, because its server knows no ranges. */
  isWhole?(): boolean;
  /**
   * Throws a WeightsError unless the bytes have this SHA-256 (lower-case hex), and keeps nothing of
   * them then.
   */
  verify?(sha256: string, options?: VerifyOptions): Promise<void>;
  close?(): Promise<void>;
}

/** Throws unless [offset, offset + length) lies inside `size` bytes. */
export function checkRange(name: string, offset: number, length: number, size: number): void {
  if (
    !(
      Number.isSafeInteger(offset) &&
      Number.isSafeInteger(length) &&
      offset >= 0 &&
      length >= 0 &&
      offset + length <= size
    )
  ) {
    throw new WeightsError("reads past its end", {
      file: name,
      expected: `at most ${size} bytes`,
      received: `bytes ${offset} to ${offset + length}`,
    });
  }
}

/** Bytes in memory; reads are views, not copies. */
export function bufferSource(data: ArrayBuffer | Uint8Array, name = "buffer"): ByteSource {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  return {
    name,
    size: async () => bytes.byteLength,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      checkRange(name, offset, length, bytes.byteLength);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** A Blob or File, for example from a file input. */
export function blobSource(
  blob: Blob,
  name = (blob as { name?: string }).name ?? "blob",
): ByteSource {
  return {
    name,
    size: async () => blob.size,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      checkRange(name, offset, length, blob.size);
      const bytes = new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      signal?.throwIfAborted();
      return bytes;
    },
  };
}
