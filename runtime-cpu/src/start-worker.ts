/**
 * Threads under one interface: worker_threads in Node, Web Workers in a page that may share memory.
 */
import {
  builtin,
  inNode,
  startThread as startNodeThread,
  WorkerError,
  workerOf,
} from "@sigil/runtime/internal";
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
export function processors(): number {
  if (typeof SharedArrayBuffer === "undefined") return 1;
  if (inNode()) return builtin("node:os").availableParallelism();
  return inIsolatedPage() ? navigator.hardwareConcurrency : 1;
}

export async function startThread(start: WorkerStart, events: ThreadEvents): Promise<Thread> {
  return inNode() ? startInNode(start, events) : startInPage(start, events);
}

/** The text of the thread's module. */
const source = async (): Promise<string> => (await import("./thread-source.js")).source;

async function startInNode(
  start: WorkerStart,
  { onReport, onFailure }: ThreadEvents,
): Promise<Thread> {
  const worker = startNodeThread(await source());
  const fail = (how: string, cause?: unknown): void =>
    onFailure(new WorkerError(`a thread of ${start.program.name} ${how}`, { cause }));
  worker.on("message", (report) => onReport(report as WorkerReport));
  worker.on("error", (error) => fail(`failed: ${error.message}`, error));
  worker.on("exit", () => fail("has ended"));
  worker.postMessage(start);
  return {
    run: (symbols) => worker.postMessage(symbols),
    hold: (alive) => (alive ? worker.ref() : worker.unref()),
    stop: () => worker.terminate(),
  };
}

function startInPage(start: WorkerStart, { onReport, onFailure }: ThreadEvents): Thread {
  let worker: Worker | undefined;
  let stopped = false;
  const use = (started: Worker, onError: (message: string) => void): void => {
    worker = started;
    worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => onReport(data);
    worker.onerror = (event) => {
      event.preventDefault();
      onError(event.message);
    };
    worker.postMessage(start);
  };
  const fail = (message: string): void =>
    onFailure(new WorkerError(`a thread of ${start.program.name} failed: ${message}`));
  // A bundler may have left its file behind. What fails later tells why.
  const useSource = async (message: string): Promise<void> => {
    worker?.terminate();
    if (message) return fail(message);
    try {
      const text = await source();
      if (!stopped) use(workerOf(text), fail);
    } catch (error) {
      fail(String(error));
    }
  };
  try {
    // Bundlers find the worker by this very form.
    use(new Worker(new URL("./thread-entry.js", import.meta.url), { type: "module" }), useSource);
  } catch {
    void useSource("");
  }
  return {
    run: (symbols) => (worker ? worker.postMessage(symbols) : fail("it has not started")),
    hold: () => {},
    stop: async () => {
      stopped = true;
      worker?.terminate();
    },
  };
}
