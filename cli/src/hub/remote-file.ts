import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

/** A file of the Hub and what it has to be. */
export interface RemoteFile {
  readonly url: string;
  readonly size: number;
  /** sha256 of the bytes (64 digits), or their git blob id (40 digits). */
  readonly hash: string;
}

/** A file's size, or undefined where there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

/** What is wrong with the bytes at `path`, or undefined where size and hash are the file's. */
export async function mismatch(
  { size, hash }: RemoteFile,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const received = await sizeOf(path);
  if (received !== size) return `expected ${size} bytes, received ${received}`;
  const sha256 = hash.length === 64;
  const sum = sha256 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path, {
    highWaterMark: 2 ** 20,
  }) as AsyncIterable<Uint8Array>) {
    signal?.throwIfAborted();
    sum.update(chunk);
  }
  const digest = sum.digest("hex");
  return digest === hash
    ? undefined
    : `expected ${sha256 ? "sha256" : "git blob"} ${hash}, received ${digest}`;
}
