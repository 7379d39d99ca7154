/**
 * Bounds what is under way at once, in this process or page. Each waits for its turn, in order; one
 * that is larger than the bound is under way alone.
 */
export class Budget {
  readonly #bound: number;
  #used = 0;
  readonly #waiting: { readonly size: number; readonly start: () => void }[] = [];

  constructor(bound: number) {
    this.#bound = bound;
  }

  async run<Result>(size: number, task: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((start) => {
      this.#waiting.push({ size, start });
      this.#admit();
    });
    try {
      return await task();
    } finally {
      this.#used -= size;
      this.#admit();
    }
  }

  #admit(): void {
    for (
      let next = this.#waiting[0];
      next && (this.#used === 0 || this.#used + next.size <= this.#bound);
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#used += next.size;
      next.start();
    }
  }
}

/**
 * Pixels that are decoded at once: five pictures of 12 megapixels, some 200 MB of RGB, and twice
 * that while a decoder converts.
 */
export const pixels = new Budget(64e6);
