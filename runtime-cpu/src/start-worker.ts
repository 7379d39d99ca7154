/**
 * Threads under one interface: worker_threads in Node, Web Workers in a page that may share memory.
 */
import { inNode, startThread as startNodeThread, WorkerError } from "@sigil/runtime";
import type { Symbols } from "./extent.ts";
import type { WorkerReport, WorkerStart } from "./serve.ts";

export interface Thread {
  run(symbols: Symbols): void;
  /** Whether the thread keeps the process alive; pages have no such thing. */
  hold(alive: boolean): void;
  stop(): Promise<unknown>;
}

export interface ThreadEvents {
  readonly onReport: (report: WorkerReport) => void;
  readonly onFailure: (error: Error) => void;
}

/** A page shares memory only where it is isolated from other origins (COOP and COEP headers). */
const inIsolatedPage = (): boolean =>
  (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === true &&
  typeof Worker !== "undefined";

/** Threads that can run at once here, 1 where memory cannot be shared. */
export async function processors(): Promise<number> {
  if (typeof SharedArrayBuffer === "undefined") return 1;
  if (inNode()) return (await import(/* webpackIgnore: true */ "node:os")).availableParallelism();
  return inIsolatedPage() ? navigator.hardwareConcurrency : 1;
}

export async function startThread(start: WorkerStart, events: ThreadEvents): Promise<Thread> {
  return inNode() ? startInNode(start, events) : startInPage(start, events);
}

async function startInNode(
  workerData: WorkerStart,
  { onReport, onFailure }: ThreadEvents,
): Promise<Thread> {
  const worker = await startNodeThread(new URL("./worker-node.js", import.meta.url), workerData);
  const fail = (how: string, cause?: unknown): void =>
    onFailure(new WorkerError(`a thread of ${workerData.program.name} ${how}`, { cause }));
  worker.on("message", (report) => onReport(report as WorkerReport));
  worker.on("error", (error) => fail(`failed: ${error.message}`, error));
  worker.on("exit", () => fail("has ended"));
  return {
    run: (symbols) => worker.postMessage(symbols),
    hold: (alive) => (alive ? worker.ref() : worker.unref()),
    stop: () => worker.terminate(),
  };
}

function startInPage(start: WorkerStart, { onReport, onFailure }: ThreadEvents): Thread {
  // Bundlers find the worker by this very form.
  const worker = new Worker(new URL("./worker-web.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => onReport(data);
  worker.onerror = ({ message }) =>
    onFailure(new WorkerError(`a thread of ${start.program.name} failed: ${message}`));
  worker.postMessage(start);
  return {
    run: (symbols) => worker.postMessage(symbols),
    hold: () => {},
    stop: async () => worker.terminate(),
  };
}
