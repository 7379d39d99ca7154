import { createHash } from "node:crypto";
import { open, stat as fileStat } from "node:fs/promises";
import { checkRange, type ByteSource } from "./byte-source.ts";
import { checkDigest } from "./verify-bytes.ts";
import { WeightsError } from "./error.ts";
import { fileProblem } from "./file-problem.ts";

/** The most bytes that one read call asks the operating system for. */
const chunkBytes = 1 << 28;
const hashBytes = 4 << 20;

/** Opens a file for reading at any place. Close it when done. */
export async function openFileSource(
  path: string,
): Promise<ByteSource & { close(): Promise<void> }> {
  const refuse = (cause: unknown): never => {
    throw new WeightsError(`cannot be opened: ${fileProblem(cause)}`, { file: path, cause });
  };
  // Before it is opened, for which a pipe would wait.
  if (!(await fileStat(path).catch(refuse)).isFile())
    throw new WeightsError("is not a file", { file: path });
  const handle = await open(path, "r").catch(refuse);
  const stat = await handle.stat();
  const read = async (
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array> => {
    checkRange(path, offset, length, stat.size);
    const out = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle
        .read(out, done, Math.min(chunkBytes, length - done), offset + done)
        .catch((cause: unknown) => {
          throw new WeightsError(`cannot be read: ${fileProblem(cause)}`, { file: path, cause });
        });
      if (bytesRead === 0)
        throw new WeightsError("became shorter while it was read", {
          file: path,
          expected: `${length} bytes at ${offset}`,
          received: `${done} bytes`,
        });
      done += bytesRead;
    }
    signal?.throwIfAborted();
    return out;
  };
  return {
    name: path,
    // On Windows the number means something to Node's own C library alone.
    ...(process.platform !== "win32" && { descriptor: handle.fd }),
    size: async () => stat.size,
    read,
    async verify(sha256, { signal, onProgress } = {}) {
      const hash = createHash("sha256");
      for (let at = 0; at < stat.size; ) {
        const bytes = await read(at, Math.min(hashBytes, stat.size - at), signal);
        hash.update(bytes);
        at += bytes.length;
        onProgress?.({ loadedBytes: at, totalBytes: stat.size });
      }
      checkDigest(path, sha256, hash.digest("hex"));
    },
    close: () => handle.close(),
  };
}
