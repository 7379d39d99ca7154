/** Leaving the event loop to others between computations. */

// As they are now: tests replace timers by their own.
const { setImmediate } = globalThis;

let last = Promise.resolve();

/**
 * Resolves in a later turn of the event loop, and no other caller in the same one, so that timers
 * and input and output come in between whatever waits.
 */
export const nextTurn = (): Promise<void> => (last = last.then(turn));

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    if (setImmediate) return void setImmediate(resolve);
    // setTimeout would wait for 4 ms in a page.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
