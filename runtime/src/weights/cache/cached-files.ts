/** Lists and removes kept files. */
import { browserStore } from "./browser-store.ts";
import type { ByteStore } from "./byte-store.ts";
import { bucketPrefix, KeptFile } from "./kept-file.ts";

export interface CachedFile {
  readonly url: string;
  /** Size of the whole file in bytes, and how many of them are kept. */
  readonly size: number;
  readonly storedBytes: number;
  /** The verified digest. */
  readonly sha256?: string;
}

/** The files that {@link cachedSource} keeps for this origin. */
export async function cachedFiles(
  store: ByteStore | undefined = browserStore(),
): Promise<CachedFile[]> {
  const files = store ? await KeptFile.find(store) : [];
  return files.map(({ description: { url, size, sha256 }, storedBytes }) => ({
    url,
    size,
    storedBytes,
    ...(sha256 !== undefined && { sha256 }),
  }));
}

/** Removes all that is kept of a URL, or of every URL. */
export async function clearCached(
  url?: string | URL,
  store: ByteStore | undefined = browserStore(),
): Promise<void> {
  if (!store) return;
  const prefix =
    url === undefined ? "" : bucketPrefix(new URL(url, globalThis.location?.href).href);
  for (const bucket of await store.buckets())
    if (bucket.startsWith(prefix)) await store.remove(bucket);
}
