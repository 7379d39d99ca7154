/** A thread of a program, in Node or in a page: its first message starts it. */
import { serve, type WorkerReport, type WorkerStart } from "./serve.ts";
import type { Symbols } from "./extent.ts";

interface Scope {
  onmessage: (event: { readonly data: unknown }) => void;
  postMessage(message: WorkerReport): void;
}

// Nothing of the runtime is imported: each thread reads this file again.
const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads");
const scope = (threads?.parentPort ?? globalThis) as unknown as Scope;
scope.onmessage = ({ data }) => {
  const run = serve(data as WorkerStart, (message) => scope.postMessage(message));
  scope.onmessage = (event) => run(event.data as Symbols);
};
