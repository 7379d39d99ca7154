import { setTimeout } from "node:timers/promises";
import { HubError } from "./hub-error.ts";

const firstPause = 200;
/** A command waits no longer than this for a Hub that is busy, in milliseconds. */
const longestPause = 60_000;

/**
 * Counts the failed attempts at a task, and waits between two of them. At most `most` may fail in a
 * row.
 */
export class Attempts {
  readonly #most: number;
  readonly #signal: AbortSignal | undefined;
  #failures = 0;

  constructor(signal: AbortSignal | undefined, most = 4) {
    this.#signal = signal;
    this.#most = most;
  }

  /**
   * Waits, as long as the Hub asks for or twice as long each time; throws the error where another
   * attempt would not help or was one too many. Failures count from one again after `progressed`.
   */
  async failed(error: unknown, progressed = false): Promise<void> {
    this.#signal?.throwIfAborted();
    if (!(error instanceof HubError) || !error.transient) throw error;
    this.#failures = progressed ? 1 : this.#failures + 1;
    const pause = error.retryAfter ?? firstPause * 2 ** (this.#failures - 1);
    if (this.#failures >= this.#most || pause > longestPause) throw error;
    await setTimeout(pause, undefined, this.#signal && { signal: this.#signal }).catch(() =>
      this.#signal?.throwIfAborted(),
    );
  }

  /** Does a task as often as it takes. */
  async at<T>(task: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await task();
      } catch (error) {
        await this.failed(error);
      }
    }
  }
}
