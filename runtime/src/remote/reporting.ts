/**
 * The same listener, but what it throws is reported as an uncaught error, as browsers and Node do
 * for listeners of events, so that it neither vanishes nor breaks who called it.
 */
export const reporting =
  <A extends readonly unknown[]>(listener: (...args: A) => void) =>
  (...args: A): void => {
    try {
      listener(...args);
    } catch (error) {
      if (typeof globalThis.reportError === "function") globalThis.reportError(error);
      else
        queueMicrotask(() => {
          throw error;
        });
    }
  };
