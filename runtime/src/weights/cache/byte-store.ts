/** Where bytes outlive a visit: named buckets of keyed pieces. */
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
