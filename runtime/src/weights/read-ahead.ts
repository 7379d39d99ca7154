/** Reads tensors before they are needed, within a bound on what waits in memory. */
import { byteLength } from "./dtype.ts";
import { onAbort } from "./on-abort.ts";
import type { WeightReader } from "./weight-reader.ts";

/**
 * What may have been read, or asked for, and not yet been used, in bytes as stored; a tensor that
 * is longer comes alone.
 */
const aheadBytes = 32 << 20;

/**
 * Names of tensors and what is read of them, in the order in which the reader lists them, which is
 * that of their file. Reads are asked for in bursts, so that a source can merge them.
 */
export async function* readAhead<T>(
  names: Iterable<string>,
  { tensors }: Pick<WeightReader, "tensors">,
  readOne: (name: string, options: { signal: AbortSignal }) => Promise<T>,
  signal?: AbortSignal,
): AsyncGenerator<readonly [name: string, values: T]> {
  const wanted = new Set(names);
  const order = tensors
    ? [...new Set([...tensors.keys(), ...wanted])].filter((name) => wanted.has(name))
    : [...wanted];
  const sizeOf = (name: string): number => {
    const info = tensors?.get(name);
    return info ? byteLength(info.dtype, info.shape) : aheadBytes;
  };
  // A failure or a consumer that leaves stops the reads that are under way.
  const stop = new AbortController();
  const leave = signal && onAbort(signal, () => stop.abort(signal.reason));
  const waiting: {
    readonly name: string;
    readonly bytes: number;
    readonly values: Promise<T>;
  }[] = [];
  let pending = 0;
  let next = 0;
  try {
    while (next < order.length || waiting.length > 0) {
      if (pending <= aheadBytes / 2) {
        while (
          next < order.length &&
          (waiting.length === 0 || pending + sizeOf(order[next]!) <= aheadBytes)
        ) {
          const name = order[next++]!;
          const values = readOne(name, { signal: stop.signal });
          values.catch(() => {});
          waiting.push({ name, bytes: sizeOf(name), values });
          pending += waiting.at(-1)!.bytes;
        }
      }
      const { name, bytes, values } = waiting.shift()!;
      const read = await values;
      signal?.throwIfAborted();
      yield [name, read];
      pending -= bytes;
    }
  } finally {
    leave?.();
    stop.abort();
  }
}
