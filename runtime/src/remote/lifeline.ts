/**
 * Notices when someone else terminates a Web Worker, which browsers do not report: the worker holds
 * a lock for as long as it lives. Web Locks need a secure context. Node reports the end itself.
 */

/** Holds a lock until `released`. Returns its name, or undefined where there are no locks. */
export async function holdLifeline(released: Promise<void>): Promise<string | undefined> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return undefined;
  const name = `sigil-${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    const hold = (): Promise<void> => (resolve(name), released);
    locks.request(name, hold).catch(() => resolve(undefined));
  });
}

/** Calls `onEnd` when nobody holds the lock any more, unless `stop` aborts before. */
export function watchLifeline(name: string, stop: AbortSignal, onEnd: () => void): void {
  // Rejects when it is stopped.
  navigator.locks.request(name, { signal: stop }, onEnd).catch(() => {});
}
