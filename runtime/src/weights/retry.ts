/** Tries again what a network may well do at the next attempt. */
import { onAbort } from "./on-abort.ts";

/** A failure that may pass: the connection, or a server that is busy. */
export class Transient {
  readonly error: Error;

  constructor(error: Error) {
    this.error = error;
  }
}

export interface RetryOptions {
  /** Attempts after the first one; 4 by default. */
  readonly retries?: number;
  /**
   * Milliseconds before the second attempt, twice as many before each further one; 250 by default.
   */
  readonly backoff?: number;
}

/**
 * Calls `attempt` until it throws no {@link Transient}, or too often: then the error inside is
 * thrown.
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  { retries = 4, backoff = 250 }: RetryOptions,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (failure) {
      signal?.throwIfAborted();
      if (!(failure instanceof Transient)) throw failure;
      if (tries >= retries) throw failure.error;
      await pause(backoff * 2 ** tries, signal);
    }
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      leave?.();
      resolve();
    }, milliseconds);
    const leave =
      signal &&
      onAbort(signal, () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
  });
}
