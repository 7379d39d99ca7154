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

  wait(signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const current = (this.#current ??= this.#begin());
    current.waiting++;
    if (!signal) return current.result;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason);
        if (--current.waiting > 0) return;
        current.stop.abort(signal.reason);
        this.#drop(current);
      };
      signal.addEventListener("abort", leave);
      current.result
        .then(resolve, reject)
        .finally(() => signal.removeEventListener("abort", leave));
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
