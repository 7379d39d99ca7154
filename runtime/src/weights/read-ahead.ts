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
 * Names of tensors, what they are wanted for, and what is read of them, in the order in which the
 * reader lists them, which is that of their file. Reads are asked for in bursts, so that a source
 * can merge them.
 */
export async function* readAhead<Use extends object, T>(
  wanted: ReadonlyMap<string, Use>,
  { tensors }: Pick<WeightReader, "tensors">,
  readOne: (name: string, use: Use, options: { signal: AbortSignal }) => Promise<T>,
  signal?: AbortSignal,
): AsyncGenerator<readonly [name: string, use: Use, values: T]> {
  const order = [...new Set([...(tensors?.keys() ?? []), ...wanted.keys()])].flatMap((name) => {
    const use = wanted.get(name);
    const info = tensors?.get(name);
    return use ? { name, use, bytes: info ? byteLength(info.dtype, info.shape) : aheadBytes } : [];
  });
  // A failure or a consumer that leaves stops the reads that are under way.
  const stop = new AbortController();
  const leave = signal && onAbort(signal, () => stop.abort(signal.reason));
  const waiting: ((typeof order)[number] & { readonly values: Promise<T> })[] = [];
  let pending = 0;
  let next = 0;
  try {
    for (;;) {
      if (pending <= aheadBytes / 2) {
        while (
          next < order.length &&
          (waiting.length === 0 || pending + order[next]!.bytes <= aheadBytes)
        ) {
          const tensor = order[next++]!;
          const values = readOne(tensor.name, tensor.use, { signal: stop.signal });
          values.catch(() => {});
          waiting.push({ ...tensor, values });
          pending += tensor.bytes;
        }
      }
      const first = waiting.shift();
      if (!first) return;
      const { name, use, bytes, values } = first;
      const read = await values;
      signal?.throwIfAborted();
      yield [name, use, read];
      pending -= bytes;
    }
  } finally {
    leave?.();
    stop.abort();
  }
}
