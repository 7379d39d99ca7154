/** Where bytes outlive a visit: named buckets of keyed pieces. */
import { cacheApiStore } from "./cache-api-store.ts";
import { opfsStore } from "./opfs-store.ts";

/** One file, in one of its states. Keys are file names: letters, digits, ".", "-". */
export interface ByteBucket {
  keys(): Promise<string[]>;
  get(key: string): Promise<Blob | undefined>;
  /** Whole or not at all, whoever else writes the same key. */
  put(key: string, bytes: Uint8Array): Promise<void>;
}

export interface ByteStore {
  buckets(): Promise<string[]>;
  /** The bucket of this name; made if it is not there. */
  open(bucket: string): Promise<ByteBucket>;
  /** Does nothing if it is not there. */
  remove(bucket: string): Promise<void>;
}

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
