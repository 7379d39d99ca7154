/** Sums of products of a linear's inputs, which tell how much an error of each weight matters. */
export class Gram {
  readonly size: number;
  /** `[size, size]`; the upper triangle alone. */
  readonly sums: Float32Array;
  rows = 0;

  constructor(size: number) {
    this.size = size;
    this.sums = new Float32Array(size * size);
  }

  add(row: Float32Array): void {
    const { size, sums } = this;
    for (let i = 0; i < size; i++) {
      const x = row[i]!;
      if (x === 0) continue;
      const at = i * size;
      for (let j = i; j < size; j++) sums[at + j]! += x * row[j]!;
    }
    this.rows++;
  }
}
