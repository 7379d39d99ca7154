import { createHash } from "node:crypto";
import { stat, type FileHandle } from "node:fs/promises";
import { HubError } from "./hub-error.ts";
import type { ListedFile } from "./list-snapshot.ts";

/** A file of the Hub, and its expected size and hash. */
export interface RemoteFile {
  readonly url: string;
  readonly size: number;
  /** sha256 of the bytes (64 digits), or their git blob id (40 digits). */
  readonly hash: string;
}

/** Reads an entry of a listing. Throws HubError if its size or hash is invalid. */
export function remoteFile(entry: ListedFile, name: string, url: string): RemoteFile {
  const lfs = (entry.lfs ?? undefined) as { readonly oid?: unknown } | undefined;
  const { size } = entry;
  const hash = lfs === undefined ? entry.oid : lfs.oid;
  const shown = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 100);
  if (!Number.isSafeInteger(size) || (size as number) < 0)
    throw new HubError(
      "network",
      `the Hub lists no valid size of ${name}: received ${shown(size)} (${url})`,
    );
  if (typeof hash !== "string" || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash))
    throw new HubError(
      "network",
      `the Hub lists no valid hash of ${name}: received ${shown(hash)} (${url})`,
    );
  return { url, size: size as number, hash };
}

/** The size of a file in bytes, or undefined if there is no file. */
export async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

/** Says what is wrong with the bytes of a file. Undefined if size and hash are as expected. */
export async function mismatch(
  { size, hash }: RemoteFile,
  handle: FileHandle,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const received = (await handle.stat()).size;
  if (received !== size) return `expected ${size} bytes, received ${received}`;
  const sha256 = hash.length === 64;
  const sum = sha256 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (let at = 0; at < size; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return `expected ${size} bytes, received ${at}`;
    sum.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  const digest = sum.digest("hex");
  return digest === hash
    ? undefined
    : `expected ${sha256 ? "sha256" : "git blob"} ${hash}, received ${digest}`;
}
