import { onAbort } from "./on-abort.ts";

interface Begun<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
}

/**
 * One task whose result many wait for, each as long as it likes. It is stopped when the last one
 * leaves, and begun again after it has failed.
 */
export class SharedTask<T> {
  readonly #task: (signal: AbortSignal) => Promise<T>;
  #current: Begun<T> | undefined;

  constructor(task: (signal: AbortSignal) => Promise<T>) {
    this.#task = task;
  }

  /** The task's result, or the signal's reason if that comes first. */
  wait(signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const current = (this.#current ??= this.#begin());
    current.waiting++;
    if (!signal) return current.result;
    return new Promise((resolve, reject) => {
      const stay = onAbort(signal, () => {
        reject(signal.reason);
        if (--current.waiting > 0) return;
        current.stop.abort(signal.reason);
        this.#drop(current);
      });
      current.result.then(resolve, reject).finally(stay);
    });
  }

  /** Who asks next begins anew. */
  #drop(old: Begun<T>): void {
    if (this.#current === old) this.#current = undefined;
  }

  #begin(): Begun<T> {
    const stop = new AbortController();
    const begun = { result: this.#task(stop.signal), stop, waiting: 0 };
    begun.result.catch(() => this.#drop(begun));
    return begun;
  }
}
