import { byteLength } from "./dtype.ts";
import { WeightsError } from "./error.ts";
import { requireTensor, type WeightSource } from "./weight-source.ts";

/** How far a load has come, in bytes as stored; `tensor` is the one that has just arrived. */
export interface LoadProgress {
  readonly loadedBytes: number;
  readonly totalBytes: number;
  readonly tensor: string;
}

export interface LoadOptions {
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
  /** Reads under way at once; 4 by default. */
  readonly concurrency?: number;
}

/**
 * Reads tensors as float32 and hands each to `use` when it has arrived (and waits for it), so that
 * few are in memory at once.
 */
export async function streamAll(
  source: WeightSource,
  names: Iterable<string>,
  use: (name: string, values: Float32Array) => void | Promise<void>,
  options: LoadOptions = {},
): Promise<void> {
  const { signal, onProgress, concurrency = 4 } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new WeightsError("cannot load", {
      file: source.name,
      expected: "a concurrency of at least 1",
      received: String(concurrency),
    });
  }
  const queue = [...names].map((name) => {
    const { dtype, shape } = requireTensor(source, name);
    return { name, bytes: byteLength(dtype, shape) };
  });
  const totalBytes = queue.reduce((sum, { bytes }) => sum + bytes, 0);
  let loadedBytes = 0;
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (!failed && next < queue.length) {
      const { name, bytes } = queue[next++]!;
      try {
        signal?.throwIfAborted();
        await use(name, await source.readFloat32(name, signal === undefined ? {} : { signal }));
        loadedBytes += bytes;
        onProgress?.({ loadedBytes, totalBytes, tensor: name });
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(
    Array.from({ length: Math.min(concurrency, queue.length) }, worker),
  );
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/** Reads tensors as float32 into a map in the order of `names`. */
export async function loadAll(
  source: WeightSource,
  names: Iterable<string>,
  options: LoadOptions = {},
): Promise<Map<string, Float32Array>> {
  const order = [...names];
  const loaded = new Map<string, Float32Array>();
  await streamAll(source, order, (name, values) => void loaded.set(name, values), options);
  return new Map(order.map((name) => [name, loaded.get(name)!]));
}
