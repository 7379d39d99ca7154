/** Web Workers and the threads of Node's worker_threads under one interface. */
import type { MessagePort, Worker } from "../platform.ts";

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

/** What is used of Node's modules. */
interface Builtins {
  readonly "node:os": { availableParallelism(): number };
  readonly "node:worker_threads": {
    readonly Worker: new (module: URL, options?: { execArgv?: string[] }) => NodeWorker;
    readonly parentPort: unknown;
  };
}

/**
 * A module of Node, Deno or Bun, of which no bundler learns: pages have none, and need no polyfill
 * for it.
 */
export const builtin = <Name extends keyof Builtins>(name: Name): Builtins[Name] =>
  globalThis.process.getBuiltinModule(name) as unknown as Builtins[Name];

const isNodeWorker = (worker: Worker | NodeWorker): worker is NodeWorker => "on" in worker;
const ended = "the worker has ended";

/**
 * Starts the module of this text as a thread of Node. Throws what the process answers if it may
 * have none.
 */
export function startThread(source: string): NodeWorker {
  const { Worker: Thread } = builtin("node:worker_threads");
  // Of a program in an option (`node --input-type=module --eval`) a thread would inherit what is
  // refused for modules.
  const evaluated = globalThis.process.execArgv.some((option) => option.startsWith("--input-type"));
  return new Thread(new URL(dataUrl(source)), evaluated ? { execArgv: [] } : {});
}

/** A module that no file has to hold, so that a bundle may. */
const dataUrl = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;

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
