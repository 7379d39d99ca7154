/** Merges reads that are asked for together, so that one request carries many small tensors, and cuts large ones into pieces that travel side by side. */

/** Exactly `length` bytes from `offset`. */
export type ReadBytes = (offset: number, length: number, signal?: AbortSignal) => Promise<Uint8Array>;

/** No piece is longer, in bytes: what a broken connection repeats at most, and the step of progress. */
export const pieceBytes = 4 << 20;
/** Reads this near to each other, in bytes, are one. */
const gapBytes = 16 << 10;

interface Waiting {
  readonly offset: number;
  readonly end: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (reason: unknown) => void;
}

/** `read` for many callers at once: reads of one turn of the event loop are sorted, and neighbours merged up to a piece. Results are views of what they share. */
export function coalesced(read: ReadBytes): ReadBytes {
  let waiting: Waiting[] = [];
  const flush = (): void => {
    const batch = waiting.sort((a, b) => a.offset - b.offset);
    waiting = [];
    for (let first = 0; first < batch.length;) {
      let end = batch[first]!.end;
      let next = first + 1;
      while (next < batch.length && batch[next]!.offset - end <= gapBytes && Math.max(end, batch[next]!.end) - batch[first]!.offset <= pieceBytes) end = Math.max(end, batch[next++]!.end);
      void readGroup(read, batch.slice(first, next), end);
      first = next;
    }
  };
  return (offset, length, signal) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ offset, end: offset + length, signal, resolve, reject }) === 1) setTimeout(flush);
    });
}

/** Serves readers from one stretch of bytes, which is given up when all of them have. */
async function readGroup(read: ReadBytes, group: readonly Waiting[], end: number): Promise<void> {
  const begin = group[0]!.offset;
  const stop = new AbortController();
  const settled = new AbortController();
  let left = group.length;
  for (const { signal, reject } of group) {
    const leave = (): void => {
      reject(signal!.reason);
      if (--left === 0) stop.abort(signal!.reason);
    };
    if (signal?.aborted) leave();
    else signal?.addEventListener("abort", leave, { signal: settled.signal });
  }
  try {
    stop.signal.throwIfAborted();
    const bytes = end - begin <= pieceBytes ? await read(begin, end - begin, stop.signal) : await readPieces(read, begin, end, stop.signal);
    for (const { offset, end: readerEnd, resolve } of group) resolve(bytes.subarray(offset - begin, readerEnd - begin));
  } catch (error) {
    stop.abort(error);
    for (const { reject } of group) reject(error);
  } finally {
    settled.abort();
  }
}

async function readPieces(read: ReadBytes, begin: number, end: number, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - begin);
  const starts = Array.from({ length: Math.ceil((end - begin) / pieceBytes) }, (_, i) => begin + i * pieceBytes);
  await Promise.all(starts.map(async (start) => bytes.set(await read(start, Math.min(pieceBytes, end - start), signal), start - begin)));
  return bytes;
}
