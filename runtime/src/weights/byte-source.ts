import { WeightsError } from "./error.ts";

export interface VerifyOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes read so far to verify a file, and their total. */
  readonly onProgress?: (progress: {
    readonly loadedBytes: number;
    readonly totalBytes: number;
  }) => void;
}

/** Random access to bytes: a buffer, a Blob, a URL or (in Node) a file. */
export interface ByteSource {
  /** Its name in errors: a path, a URL or a given name. */
  readonly name: string;
  /** Total bytes. */
  size(signal?: AbortSignal): Promise<number>;
  /** Exactly `length` bytes from `offset`, or a WeightsError. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** The version of the file, such as an ETag. It is known once the file has been requested. */
  version?(): string | undefined;
  /**
   * The file descriptor of an open file, for native code that reads it. It is valid until the
   * source is closed.
   */
  readonly descriptor?: number;
  /** Whether the file came as a whole, because its server does not support ranges. */
  isWhole?(): boolean;
  /**
   * Throws a WeightsError unless the bytes have this SHA-256 (lower-case hex). Nothing of them is
   * kept then.
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

/** Reads bytes in memory. Results are views, not copies. */
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

/** Reads a Blob or File, such as one from a file input. */
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
