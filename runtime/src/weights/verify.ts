/** Compares a file with the SHA-256 that a plan or a caller names. */
import type { ByteSource, VerifyOptions } from "./byte-source.ts";
import { pieceBytes } from "./coalesce.ts";
import { WeightsError } from "./error.ts";
import { Sha256 } from "./sha256.ts";

/** Pieces asked for at once while a file is hashed. */
const ahead = 4;

/** Reads a whole file in order and throws a WeightsError unless it has this SHA-256. `onBytes` sees every piece. */
export async function verifyBytes(source: Pick<ByteSource, "name" | "size" | "read">, sha256: string, { signal, onProgress, onBytes }: VerifyOptions & { readonly onBytes?: (bytes: Uint8Array) => void } = {}): Promise<void> {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new WeightsError("cannot be verified", { file: source.name, expected: "a SHA-256 of 64 lower-case hex digits", received: JSON.stringify(sha256) });
  const totalBytes = await source.size();
  const hash = new Sha256();
  const pieces: Promise<Uint8Array>[] = [];
  let asked = 0;
  for (let loadedBytes = 0; loadedBytes < totalBytes;) {
    for (; pieces.length < ahead && asked < totalBytes; asked += pieceBytes) {
      const piece = source.read(asked, Math.min(pieceBytes, totalBytes - asked), signal);
      piece.catch(() => {});
      pieces.push(piece);
    }
    const bytes = await pieces.shift()!;
    signal?.throwIfAborted();
    hash.update(bytes);
    onBytes?.(bytes);
    onProgress?.({ loadedBytes: (loadedBytes += bytes.length), totalBytes });
  }
  const received = hash.hex();
  if (received !== sha256) throw new WeightsError("is not the file that was meant: its SHA-256 differs", { file: source.name, expected: sha256, received });
}
