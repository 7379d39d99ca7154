/** The most recently used rows of gathered tables, up to `maxBytes`. */
export class RowCache {
  readonly #rows = new Map<string, Float32Array>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number = 8 << 20) {
    this.#maxBytes = maxBytes;
  }

  get(tensor: string, row: number): Float32Array | undefined {
    const key = `${row} ${tensor}`;
    const values = this.#rows.get(key);
    if (values !== undefined) {
      this.#rows.delete(key);
      this.#rows.set(key, values);
    }
    return values;
  }

  set(tensor: string, row: number, values: Float32Array): void {
    const key = `${row} ${tensor}`;
    this.#bytes += values.byteLength - (this.#rows.get(key)?.byteLength ?? 0);
    this.#rows.delete(key);
    this.#rows.set(key, values);
    for (const [oldest, dropped] of this.#rows) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#rows.delete(oldest);
      this.#bytes -= dropped.byteLength;
    }
  }

  clear(): void {
    this.#rows.clear();
    this.#bytes = 0;
  }
}
