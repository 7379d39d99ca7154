import { onAbort } from "./on-abort.ts";

/**
 * What `promise` settles to, or the signal's reason if that comes first; for results that nothing
 * can stop.
 */
export async function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (!signal) return promise;
  // Nobody waits for it any more.
  promise.catch(() => {});
  signal.throwIfAborted();
  let leave = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    leave = onAbort(signal, () => reject(signal.reason as Error));
  });
  return Promise.race([promise, aborted]).finally(leave);
}
