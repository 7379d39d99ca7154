import type { ByteStore } from "./byte-store.ts";
import { cacheApiStore } from "./cache-api-store.ts";
import { opfsStore } from "./opfs-store.ts";

/**
 * The origin's private file system, which can read parts of a file. If that cannot be written
 * (Safari before 26), the Cache API. Otherwise undefined (Node, insecure pages).
 */
export function browserStore(): ByteStore | undefined {
  if (
    typeof globalThis.navigator?.storage?.getDirectory === "function" &&
    typeof globalThis.FileSystemFileHandle?.prototype.createWritable === "function"
  )
    return opfsStore();
  return globalThis.caches ? cacheApiStore() : undefined;
}
