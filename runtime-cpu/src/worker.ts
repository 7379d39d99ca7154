/** One thread of a program (Node's worker_threads): runs its share of every launch, in step with the others. */
import type { PlannedProgram } from "@sigil/spec";
import { parentPort, workerData } from "node:worker_threads";
import { meet, stop } from "./barrier.ts";
import type { MemoryLayout } from "./capacity.ts";
import { bindLaunches, type Symbols } from "./launch.ts";

/** What a worker is started with. */
export interface WorkerStart {
  readonly program: PlannedProgram;
  readonly layout: MemoryLayout;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  readonly thread: number;
  readonly threads: number;
}

/** What it says: ready once, then the end of each run, or why it failed. */
export type WorkerReport = { readonly kind: "ready" | "done" } | { readonly kind: "failed"; readonly message: string };

const { program, layout, module, memory, control, thread, threads } = workerData as WorkerStart;
const shared = new Int32Array(control);
const report = (message: WorkerReport): void => parentPort!.postMessage(message);

const launches = bindLaunches(program.launches, layout, new WebAssembly.Instance(module, { env: { memory } }));
parentPort!.on("message", (symbols: Symbols) => {
  try {
    for (const launch of launches) {
      launch(symbols, thread, threads);
      if (!meet(shared, threads)) return;
    }
    report({ kind: "done" });
  } catch (error) {
    stop(shared);
    report({ kind: "failed", message: String(error) });
  }
});
report({ kind: "ready" });
