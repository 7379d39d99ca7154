/** Rows of float32 by key, the most recently used up to `maxBytes` of values and keys. */
export class RecentRows {
  readonly #rows = new Map<string, Float32Array>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): Float32Array | undefined {
    const values = this.#rows.get(key);
    if (values !== undefined) {
      this.#rows.delete(key);
      this.#rows.set(key, values);
    }
    return values;
  }

  set(key: string, values: Float32Array): void {
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
const bytesOf = (key: string, values: Float32Array): number => 2 * key.length + values.byteLength;
