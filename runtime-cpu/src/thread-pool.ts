/** Runs a program's launches: inline, or on Node's worker threads sharing its memory. */
import type { PlannedProgram } from "@sigil/spec";
import { controlBytes, stop } from "./barrier.ts";
import type { MemoryLayout } from "./capacity.ts";
import { bindLaunches, type Symbols } from "./launch.ts";
import type { WorkerReport, WorkerStart } from "./worker.ts";

export interface Runner {
  run(symbols: Symbols): Promise<void>;
  dispose(): Promise<void>;
}

/** Runs on the calling thread. */
export function inlineRunner(program: PlannedProgram, layout: MemoryLayout, module: WebAssembly.Module, memory: WebAssembly.Memory): Runner {
  const launches = bindLaunches(program.launches, layout, new WebAssembly.Instance(module, { env: { memory } }));
  return {
    run: async (symbols) => launches.forEach((launch) => launch(symbols, 0, 1)),
    dispose: async () => {},
  };
}

/** Starts `threads` workers; the calling thread only waits for them. */
export async function threadedRunner(program: PlannedProgram, layout: MemoryLayout, module: WebAssembly.Module, memory: WebAssembly.Memory, threads: number): Promise<Runner> {
  const { Worker } = await import("node:worker_threads");
  const control = new SharedArrayBuffer(controlBytes);
  const workers = Array.from({ length: threads }, (_, thread) => {
    const workerData: WorkerStart = { program, layout, module, memory, control, thread, threads };
    return new Worker(new URL("./worker.js", import.meta.url), { workerData });
  });
  let waiting: { left: number; resolve: () => void; reject: (error: Error) => void } | undefined;
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    stop(new Int32Array(control));
    waiting?.reject(failure);
    waiting = undefined;
  };
  const all = (): Promise<void> => new Promise((resolve, reject) => (failure ? reject(failure) : (waiting = { left: threads, resolve, reject })));
  for (const worker of workers) {
    worker.on("message", (report: WorkerReport) => {
      if (report.kind === "failed") return fail(new Error(`${program.name} failed on a thread: ${report.message}`));
      if (waiting && --waiting.left === 0) waiting.resolve();
    });
    worker.on("error", (error) => fail(error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", () => fail(new Error(`a thread of ${program.name} has ended`)));
  }
  const dispose = async (): Promise<void> => {
    stop(new Int32Array(control));
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
  try {
    await all();
  } catch (error) {
    await dispose();
    throw error;
  }
  // Idle threads do not keep the process alive; a run in progress does.
  for (const worker of workers) worker.unref();
  return {
    run: async (symbols) => {
      const done = all();
      for (const worker of workers) {
        worker.ref();
        worker.postMessage(symbols);
      }
      try {
        await done;
      } finally {
        waiting = undefined;
        for (const worker of workers) worker.unref();
      }
    },
    dispose,
  };
}
