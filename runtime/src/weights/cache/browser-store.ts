import type { ByteStore } from "./byte-store.ts";
import { cacheApiStore } from "./cache-api-store.ts";
import { opfsStore } from "./opfs-store.ts";

/**
 * The origin's private file system, which reads parts of a file without the rest; the Cache API
 * where that cannot be written (Safari before 26); else undefined (Node, insecure pages).
 */
export function browserStore(): ByteStore | undefined {
  if (
    typeof globalThis.navigator?.storage?.getDirectory === "function" &&
    typeof globalThis.FileSystemFileHandle?.prototype.createWritable === "function"
  )
    return opfsStore();
  return globalThis.caches ? cacheApiStore() : undefined;
}
