/** Looking at what is kept, and letting go of it. */
import { browserStore } from "./browser-store.ts";
import type { ByteStore } from "./byte-store.ts";
import { bucketPrefix, KeptFile } from "./kept-file.ts";

export interface CachedFile {
  readonly url: string;
  /** Bytes of the whole file, and how many of them are kept. */
  readonly size: number;
  readonly storedBytes: number;
  /** The digest that was verified. */
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

/** Forgets a URL, or every one, in whatever state it is. */
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
