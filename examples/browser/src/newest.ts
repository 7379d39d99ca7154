/**
 * Runs a task one at a time; what is asked for while it runs is one more run, of the newest state.
 */
export class Newest {
  readonly #task: () => Promise<void>;
  #running: Promise<void> | undefined;
  #again = false;

  /** The task takes care of its errors. */
  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  request(): void {
    this.#again = true;
    this.#running ??= this.#run();
  }

  /** Settles when nothing is left to do. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#task();
    }
    this.#running = undefined;
  }
}
