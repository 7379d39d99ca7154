/**
 * Bounds the pixels that are being decoded at once, in this process or page. A picture waits for
 * its turn, in order; one that is larger than the bound is decoded alone.
 */
export class PixelBudget {
  readonly #bound: number;
  #used = 0;
  readonly #waiting: { readonly pixels: number; readonly start: () => void }[] = [];

  constructor(bound: number) {
    this.#bound = bound;
  }

  async run<Result>(pixels: number, decode: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((start) => {
      this.#waiting.push({ pixels, start });
      this.#admit();
    });
    try {
      return await decode();
    } finally {
      this.#used -= pixels;
      this.#admit();
    }
  }

  #admit(): void {
    for (
      let next = this.#waiting[0];
      next && (this.#used === 0 || this.#used + next.pixels <= this.#bound);
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#used += next.pixels;
      next.start();
    }
  }
}

/** Five pictures of 12 megapixels: some 200 MB of RGB, and twice that while a decoder converts. */
export const decoding = new PixelBudget(64e6);
