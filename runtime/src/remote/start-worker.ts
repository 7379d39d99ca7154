/**
 * Starts a package's own worker: from its file, or from its text where a bundler left that behind.
 */
import type { Worker } from "../platform.ts";
import { Peer } from "./peer.ts";
import { sharedErrors, WorkerError } from "./remote-error.ts";
import { giveTo, inNode, startThread, type NodeWorker } from "./worker-host.ts";

/** How long a Web Worker may take to answer before it is taken as it is, in milliseconds. */
const mostSilence = 10_000;

/**
 * A Web Worker, or a thread of Node, which does not keep the process alive. `start` takes the
 * worker's file, for bundlers find it by `new Worker(new URL(...))`; `source` gives its text, which
 * Node runs, and pages whose bundler knows no such form or put the file elsewhere. Throws
 * WorkerError where none can be started.
 */
export async function startWorker(
  start: () => Worker,
  source: () => Promise<string>,
): Promise<Worker | NodeWorker> {
  try {
    if (typeof Worker !== "undefined") return await startWeb(start, source);
    if (!inNode()) throw new WorkerError("there are no workers here: leave out `worker`");
    const worker = startThread(await source());
    worker.unref();
    return worker;
  } catch (cause) {
    if (cause instanceof WorkerError) throw cause;
    throw new WorkerError(
      `no worker can be started: ${(cause as Error).message}; leave out \`worker\`, or ` +
        "allow the process to start one",
      { cause },
    );
  }
}

async function startWeb(start: () => Worker, source: () => Promise<string>): Promise<Worker> {
  let worker: Worker | undefined;
  try {
    worker = start();
    if (await answers(worker)) return worker;
  } catch (error) {
    worker?.terminate();
    if (error instanceof WorkerError) throw error;
    // In a bundle that is no module, no file has an address.
  }
  worker?.terminate();
  return workerOf(await source());
}

/** A Web Worker of a module's text; its page must allow workers from `blob:`. */
export function workerOf(source: string): Worker {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  // It may be fetched later than now, but not later than its first word or error.
  const release = (): void => URL.revokeObjectURL(url);
  worker.addEventListener("message", release, { once: true });
  worker.addEventListener("error", release, { once: true });
  return worker;
}

/** Whether a worker's script could be loaded and listens. Throws WorkerError where it fails. */
async function answers(worker: Worker): Promise<boolean> {
  const { port1, port2 } = new MessageChannel();
  const peer = new Peer(port1, {}, sharedErrors);
  let silence: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise((resolve, reject) => {
      silence = setTimeout(() => resolve(true), mostSilence);
      worker.addEventListener(
        "error",
        (event) => {
          event.preventDefault();
          // A script that runs and fails has something to say, one that cannot be had has not.
          if (event.message) reject(new WorkerError(`the worker failed: ${event.message}`));
          else resolve(false);
        },
        { once: true },
      );
      giveTo(worker, port2);
      peer.call("hello", [false]).then(
        () => resolve(true),
        // The peer is closed when something else has decided.
        () => {},
      );
    });
  } finally {
    clearTimeout(silence);
    peer.close();
  }
}
