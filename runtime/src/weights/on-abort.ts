interface Listening {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

/** One listener per signal, however many wait: Node takes more than ten for a leak and says so. */
const listening = new WeakMap<AbortSignal, Listening>();

/**
 * Calls `callback` once when the signal aborts; the result takes that back. A signal that has
 * aborted already calls nothing.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, listener } = listening.get(signal) ?? listen(signal);
  // Of its own, so that one function may wait twice.
  const call = (): void => callback();
  callbacks.add(call);
  return () => {
    callbacks.delete(call);
    if (callbacks.size > 0 || listening.get(signal)?.callbacks !== callbacks) return;
    // A signal that outlives what waited for it keeps nothing of it.
    signal.removeEventListener("abort", listener);
    listening.delete(signal);
  };
}

function listen(signal: AbortSignal): Listening {
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    listening.delete(signal);
    for (const callback of callbacks) callback();
  };
  const begun = { callbacks, listener };
  listening.set(signal, begun);
  signal.addEventListener("abort", listener, { once: true });
  return begun;
}
