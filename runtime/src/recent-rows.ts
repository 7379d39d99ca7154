/** Rows by key, the most recently used up to `maxBytes` of bytes and keys. */
export class RecentRows<T extends ArrayBufferView> {
  readonly #rows = new Map<string, T>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): T | undefined {
    const values = this.#rows.get(key);
    if (values !== undefined) {
      this.#rows.delete(key);
      this.#rows.set(key, values);
    }
    return values;
  }

  set(key: string, values: T): void {
    this.#drop(key);
    this.#rows.set(key, values);
    this.#bytes += bytesOf(key, values);
    for (const oldest of this.#rows.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
  }

  clear(): void {
    this.#rows.clear();
    this.#bytes = 0;
  }

  #drop(key: string): void {
    const values = this.#rows.get(key);
    if (values === undefined) return;
    this.#rows.delete(key);
    this.#bytes -= bytesOf(key, values);
  }
}

/** A key may be as long as whoever sends it likes. */
const bytesOf = (key: string, values: ArrayBufferView): number =>
  2 * key.length + values.byteLength;
