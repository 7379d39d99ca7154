/**
 * Merges reads that are asked for together, so that one request carries many small tensors, and
 * cuts large ones into pieces that travel side by side.
 */

import { SharedTask } from "./shared-task.ts";

/** Exactly `length` bytes from `offset`. */
export type ReadBytes = (
  offset: number,
  length: number,
  signal?: AbortSignal,
) => Promise<Uint8Array>;

/**
 * No piece is longer, in bytes: what a broken connection repeats at most, and the step of progress.
 */
export const pieceBytes = 4 << 20;
/** Reads this near to each other, in bytes, are one. */
const gapBytes = 16 << 10;

interface Waiting {
  readonly offset: number;
  readonly end: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (bytes: Promise<Uint8Array>) => void;
}

/**
 * `read` for many callers at once: reads of one turn of the event loop are sorted, and neighbours
 * merged up to a piece. Results are views of what they share. Each caller leaves by its own signal;
 * what they share is stopped when the last one has left.
 */
export function coalesced(read: ReadBytes): ReadBytes {
  let waiting: Waiting[] = [];
  const flush = (): void => {
    // Who has left already is answered, and nothing is read for it.
    for (const { signal, resolve } of waiting)
      if (signal?.aborted) resolve(Promise.reject(signal.reason));
    const batch = waiting
      .filter(({ signal }) => !signal?.aborted)
      .sort((a, b) => a.offset - b.offset);
    waiting = [];
    for (let first = 0; first < batch.length; ) {
      const { offset } = batch[first]!;
      let { end } = batch[first]!;
      let next = first + 1;
      for (
        ;
        next < batch.length &&
        batch[next]!.offset - end <= gapBytes &&
        batch[next]!.end - offset <= pieceBytes;
        next++
      )
        end = Math.max(end, batch[next]!.end);
      const shared = new SharedTask((signal) => readPieces(read, offset, end, signal));
      for (const reader of batch.slice(first, next))
        reader.resolve(
          shared
            .wait(reader.signal)
            .then((bytes) => bytes.subarray(reader.offset - offset, reader.end - offset)),
        );
      first = next;
    }
  };
  return (offset, length, signal) =>
    new Promise((resolve) => {
      if (waiting.push({ offset, end: offset + length, signal, resolve }) === 1) setTimeout(flush);
    });
}

async function readPieces(
  read: ReadBytes,
  begin: number,
  end: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (end - begin <= pieceBytes) return read(begin, end - begin, signal);
  const bytes = new Uint8Array(end - begin);
  const starts = Array.from(
    { length: Math.ceil((end - begin) / pieceBytes) },
    (_, i) => begin + i * pieceBytes,
  );
  await Promise.all(
    starts.map(async (start) =>
      bytes.set(await read(start, Math.min(pieceBytes, end - start), signal), start - begin),
    ),
  );
  return bytes;
}
