import { open } from "node:fs/promises";
import { checkRange, type ByteSource } from "./byte-source.ts";
import { WeightsError } from "./error.ts";

/** The most that one read call of the operating system is asked for, in bytes. */
const chunkBytes = 1 << 28;

/** A file read at random places; close it when done. */
export async function openFileSource(path: string): Promise<ByteSource & { close(): Promise<void> }> {
  const handle = await open(path, "r").catch((cause: unknown) => {
    throw new WeightsError(`cannot be opened: ${(cause as Error).message}`, { file: path, cause });
  });
  const stat = await handle.stat();
  if (!stat.isFile()) {
    await handle.close();
    throw new WeightsError("is not a file", { file: path });
  }
  return {
    name: path,
    size: async () => stat.size,
    async read(offset, length, signal) {
      checkRange(path, offset, length, stat.size);
      const out = new Uint8Array(length);
      for (let done = 0; done < length;) {
        signal?.throwIfAborted();
        const { bytesRead } = await handle.read(out, done, Math.min(chunkBytes, length - done), offset + done);
        if (bytesRead === 0) throw new WeightsError("became shorter while it was read", { file: path, expected: `${length} bytes at ${offset}`, received: `${done} bytes` });
        done += bytesRead;
      }
      signal?.throwIfAborted();
      return out;
    },
    close: () => handle.close(),
  };
}
