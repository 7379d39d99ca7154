/** One thread of a program: runs its share of every launch, in step with the others. */
import type { PlannedProgram } from "@sigil/spec";
import { meet, stop } from "./barrier.ts";
import type { MemoryLayout } from "./capacity.ts";
import type { Symbols } from "./extent.ts";
import { bindLaunches } from "./launch.ts";

/** What a thread is started with. */
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
export type WorkerReport =
  | { readonly kind: "ready" | "done" }
  | { readonly kind: "failed"; readonly message: string };

/** Readies a thread; the result runs it once. */
export function serve(
  { program, layout, module, memory, control, thread, threads }: WorkerStart,
  report: (message: WorkerReport) => void,
): (symbols: Symbols) => void {
  const shared = new Int32Array(control);
  const launches = bindLaunches(
    program.launches,
    layout,
    new WebAssembly.Instance(module, { env: { memory } }),
  );
  report({ kind: "ready" });
  return (symbols) => {
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
  };
}
