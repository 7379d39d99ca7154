import type { ByteSource, VerifyOptions } from "./byte-source.ts";
import { WeightsError } from "./error.ts";

/** Throws a WeightsError unless a source has this SHA-256. */
export async function verifyBytes(
  source: ByteSource,
  sha256: string,
  options: VerifyOptions = {},
  onBytes?: (bytes: Uint8Array) => void,
): Promise<void> {
  checkDigest(
    source.name,
    sha256,
    await (await import("./digest.ts")).digestOf(source, options, onBytes),
  );
}

/** Throws a WeightsError unless a file has the expected digest. */
export function checkDigest(file: string, sha256: string, received: string): void {
  if (received !== sha256)
    throw new WeightsError("is not the expected file: its SHA-256 differs", {
      file,
      expected: sha256,
      received,
    });
}
