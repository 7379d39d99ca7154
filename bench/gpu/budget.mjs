/** The time that a benchmark may take, and what was left out for want of it. */
export class Budget {
  #began = performance.now();
  #seconds;
  skipped = [];

  constructor(seconds) {
    this.#seconds = seconds;
  }

  /** Seconds until `share` of all is spent. */
  left(share = 1) {
    return share * this.#seconds - (performance.now() - this.#began) / 1e3;
  }

  /**
   * Whether `fraction` of all is left before `share` of it is spent; what has to go is written
   * down.
   */
  allows(what, share, fraction) {
    if (this.left(share) >= fraction * this.#seconds) return true;
    this.skipped.push(what);
    return false;
  }
}
