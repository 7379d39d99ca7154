/**
 * Inflates zlib data piece by piece, so that a picture's rows are never in memory as compressed,
 * filtered and decoded at once. Ends where the data ends, also when it is cut off; throws for data
 * that is broken. `expected` is the number of bytes that are wanted: as with Pillow, what is broken
 * behind them does not count.
 */
export type Inflate = (
  pieces: readonly Uint8Array[],
  expected: number,
) => AsyncIterable<Uint8Array>;

const mostGiven = 1 << 16;

/** By the browser's DecompressionStream. */
export async function* inflate(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new DecompressionStream("deflate");
  const writer = writable.getWriter();
  const reader = (readable as ReadableStream<Uint8Array>).getReader();
  // The stream is not closed: it would take what it holds of a file that is cut off for an error
  // and drop it. Once all is written, a read that still waits has nothing to come.
  const written = (async (): Promise<{ readonly done: true; readonly value?: undefined }> => {
    // A stream unpacks all of what it is given before it lets any of it be read.
    for (const piece of pieces)
      for (let at = 0; at < piece.length; at += mostGiven)
        await writer.write(piece.subarray(at, at + mostGiven) as Uint8Array<ArrayBuffer>);
    return { done: true };
  })();
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), written]);
      if (value) yield value;
      else if (done) return;
    }
  } finally {
    written.catch(() => {});
    reader.cancel().catch(() => {});
    writer.abort().catch(() => {});
  }
}
