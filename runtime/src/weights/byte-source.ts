import { WeightsError } from "./error.ts";

/** Random access to bytes: a buffer, a Blob, a URL or (in Node) a file. */
export interface ByteSource {
  /** What errors call it: a path, a URL or a given name. */
  readonly name: string;
  /** Total bytes. */
  size(): Promise<number>;
  /** Exactly `length` bytes from `offset`, or a WeightsError. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
  close?(): Promise<void>;
}

/** Throws unless [offset, offset + length) lies inside `size` bytes. */
export function checkRange(name: string, offset: number, length: number, size: number): void {
  if (!(Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 && offset + length <= size)) {
    throw new WeightsError("reads past its end", { file: name, expected: `at most ${size} bytes`, received: `bytes ${offset} to ${offset + length}` });
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
export function blobSource(blob: Blob, name = (blob as { name?: string }).name ?? "blob"): ByteSource {
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

/** A URL read with HTTP Range requests; a server that ignores Range is an error, as is a file that changes size. */
export function urlSource(url: string | URL, options: { headers?: Record<string, string>; fetch?: typeof fetch } = {}): ByteSource {
  const name = String(url);
  const get = options.fetch ?? fetch;
  let total: number | undefined;

  async function range(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const expected = `206 with bytes ${offset}-${offset + length - 1}`;
    let response: Response;
    try {
      response = await get(name, {
        headers: { ...options.headers, "Accept-Encoding": "identity", Range: `bytes=${offset}-${offset + length - 1}` },
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw new WeightsError(`cannot be fetched: ${String((cause as Error).message)}`, { file: name, cause });
    }
    if (response.status !== 206) {
      await response.body?.cancel();
      throw new WeightsError(response.ok ? "the server ignores Range requests" : "the server refused the request",
        { file: name, expected, received: `${response.status} ${response.statusText}`.trim() });
    }
    const header = response.headers.get("Content-Range") ?? "";
    const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header);
    if (match === null || Number(match[1]) !== offset || Number(match[2]) !== offset + length - 1 || (total ??= Number(match[3])) !== Number(match[3])) {
      await response.body?.cancel();
      throw new WeightsError("the server sent another range", { file: name, expected, received: `Content-Range "${header}"` });
    }
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      signal?.throwIfAborted();
      throw new WeightsError("the transfer broke off", { file: name, expected: `${length} bytes`, cause });
    }
    if (bytes.byteLength !== length) {
      throw new WeightsError("the transfer is incomplete", { file: name, expected: `${length} bytes`, received: `${bytes.byteLength} bytes` });
    }
    return bytes;
  }

  async function size(): Promise<number> {
    if (total === undefined) await range(0, 1);
    return total!;
  }
  return {
    name,
    size,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      checkRange(name, offset, length, await size());
      return length === 0 ? new Uint8Array(0) : range(offset, length, signal);
    },
  };
}
