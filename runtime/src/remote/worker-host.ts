/** Web Workers and the threads of Node's worker_threads under one interface. */
import { WorkerError } from "./remote-error.ts";

/** What is used of a `Worker` of worker_threads. */
export interface NodeWorker {
  postMessage(value: unknown, transfer?: readonly never[]): void;
  on(event: "message", listener: (value: unknown) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "exit", listener: (code: number) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  off(event: "exit", listener: (code: number) => void): unknown;
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

export const inNode = (): boolean => !!globalThis.process?.versions?.node;

const isNodeWorker = (worker: Worker | NodeWorker): worker is NodeWorker => "on" in worker;
const ended = "the worker has ended";

/**
 * Starts the module `worker.js` beside the module of this URL: as `start` does, or as a thread of
 * Node, which does not keep the process alive. Throws WorkerError where none can be started.
 */
export async function startWorker(
  start: () => Worker,
  module: string,
): Promise<Worker | NodeWorker> {
  try {
    if (typeof Worker !== "undefined") return start();
    if (!inNode()) throw new WorkerError("there are no workers here: leave out `worker`");
    // Not the form in which bundlers look for files, since no page needs this one.
    const name = "worker.js";
    const worker = await startThread(new URL(name, module));
    worker.unref();
    return worker;
  } catch (cause) {
    if (cause instanceof WorkerError) throw cause;
    throw new WorkerError(
      `no worker can be started: ${(cause as Error).message}; leave out \`worker\`, or let the process have one`,
      { cause },
    );
  }
}

/** Starts a module as a thread of Node. Throws what the process answers if it may have none. */
export async function startThread(module: URL, workerData?: unknown): Promise<NodeWorker> {
  const { Worker: Thread } = await import(/* webpackIgnore: true */ "node:worker_threads");
  // Of a program in an option (`node --input-type=module --eval`) a thread would inherit what is
  // refused for files.
  const evaluated = process.execArgv.some((option) => option.startsWith("--input-type"));
  return new Thread(module, { workerData, ...(evaluated && { execArgv: [] }) });
}

/**
 * Tells of a worker that fails or ends, `port` being the asking end of a channel to it. A Web
 * Worker that its owner terminates is seen here where that closes its ports, which Chromium does
 * not do. The result takes the listening back.
 */
export function watchWorker(
  worker: Worker | NodeWorker,
  port: MessagePort,
  onEnd: (reason: string) => void,
): () => void {
  if (isNodeWorker(worker)) {
    const onError = ({ message }: Error): void => onEnd(`the worker failed: ${message}`);
    const onExit = (): void => onEnd(ended);
    worker.on("error", onError);
    worker.on("exit", onExit);
    return () => {
      worker.off("error", onError);
      worker.off("exit", onExit);
    };
  }
  const onError = (event: Event): void => {
    event.preventDefault();
    const { message } = event as ErrorEvent;
    onEnd(`the worker failed${message ? `: ${message}` : "; could its script be loaded?"}`);
  };
  const onClose = (): void => onEnd(ended);
  worker.addEventListener("error", onError);
  port.addEventListener("close", onClose);
  return () => {
    worker.removeEventListener("error", onError);
    port.removeEventListener("close", onClose);
  };
}

/** Gives a worker one end of a channel. */
export const giveTo = (worker: Worker | NodeWorker, port: MessagePort): void =>
  (worker as Worker).postMessage("sigil", [port]);
