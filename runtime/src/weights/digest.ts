/**
 * The SHA-256 of a file. Imported when there is a digest to compare, so that others do not download
 * it.
 */
import type { ByteSource, VerifyOptions } from "./byte-source.ts";
import { WeightsError } from "./error.ts";
import { Sha256 } from "./sha256.ts";

/** Bytes read at once, and how many such reads are under way. */
const stepBytes = 4 << 20;
const ahead = 4;

/**
 * Reads a whole file in order; lower-case hex. `onBytes` sees every step. Throws a WeightsError if
 * the source gives less than its size.
 */
export async function digestOf(
  source: Pick<ByteSource, "name" | "size" | "read">,
  { signal, onProgress }: VerifyOptions,
  onBytes: (bytes: Uint8Array) => void = () => {},
): Promise<string> {
  const totalBytes = await source.size();
  const hash = new Sha256();
  const steps: Promise<Uint8Array>[] = [];
  let asked = 0;
  for (let loadedBytes = 0; ; ) {
    for (; steps.length < ahead && asked < totalBytes; asked += stepBytes) {
      const step = source.read(asked, Math.min(stepBytes, totalBytes - asked), signal);
      step.catch(() => {});
      steps.push(step);
    }
    const next = steps.shift();
    if (!next) {
      if (loadedBytes === totalBytes) return hash.hex();
      throw new WeightsError("could not be read whole", {
        file: source.name,
        expected: `${totalBytes} bytes`,
        received: `${loadedBytes} bytes`,
      });
    }
    const bytes = await next;
    signal?.throwIfAborted();
    hash.update(bytes);
    onBytes(bytes);
    loadedBytes += bytes.length;
    onProgress?.({ loadedBytes, totalBytes });
  }
}
