/** A store whose bytes outlive a visit: named buckets of keyed pieces. */
/** One version of one file. Keys are file names of letters, digits, "." and "-". */
export interface ByteBucket {
  keys(): Promise<string[]>;
  get(key: string): Promise<Blob | undefined>;
  /** Stores all of it or nothing, even if others write the same key. */
  put(key: string, bytes: Uint8Array): Promise<void>;
}

export interface ByteStore {
  buckets(): Promise<string[]>;
  /** The bucket with this name, which is made if it does not exist. */
  open(bucket: string): Promise<ByteBucket>;
  /** Removes a bucket. Does nothing if it does not exist. */
  remove(bucket: string): Promise<void>;
}
