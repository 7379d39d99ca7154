/** Runs a program's launches: inline, or on threads sharing its memory. */
import { PlanError, WorkerError } from "@sigil/runtime";
import type { PlannedProgram } from "@sigil/spec";
import { controlBytes, stop } from "./barrier.ts";
import type { MemoryLayout } from "./capacity.ts";
import type { Symbols } from "./extent.ts";
import { bindLaunches } from "./launch.ts";
import type { WorkerReport } from "./serve.ts";
import { callKernels } from "./module.ts";
import { nextTurn } from "./next-turn.ts";
import { startThread, type Thread } from "./start-worker.ts";

export interface Runner {
  run(symbols: Symbols): Promise<void>;
  /** Whether nobody can write the memory any more. */
  dispose(): Promise<boolean>;
}

/** How long a run keeps the event loop, in milliseconds: a page draws about as often. */
const sliceMilliseconds = 16;

/**
 * Runs on the calling thread: each run in a turn of the event loop of its own, and a long one in as
 * many as it takes, between its launches.
 */
export function inlineRunner(
  program: PlannedProgram,
  layout: MemoryLayout,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Runner {
  const launches = bindLaunches(
    program.launches,
    layout,
    new WebAssembly.Instance(module, { env: { memory } }),
  );
  return {
    run: async (symbols) => {
      let end = 0;
      for (const launch of launches) {
        if (performance.now() >= end) {
          await nextTurn();
          end = performance.now() + sliceMilliseconds;
        }
        callKernels(program.name, () => launch(symbols, 0, 1));
      }
    },
    dispose: async () => true,
  };
}

/**
 * Starts `threads` workers; the calling thread only waits for them. Throws a WorkerError if one
 * cannot be started, when the others have ended.
 */
export async function threadedRunner(
  program: PlannedProgram,
  layout: MemoryLayout,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  threads: number,
): Promise<Runner> {
  const control = new SharedArrayBuffer(controlBytes);
  let waiting: { left: number; resolve: () => void; reject: (error: Error) => void } | undefined;
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    stop(new Int32Array(control));
    waiting?.reject(failure);
    waiting = undefined;
  };
  const all = (): Promise<void> =>
    new Promise((resolve, reject) =>
      failure ? reject(failure) : (waiting = { left: threads, resolve, reject }),
    );
  const onReport = (report: WorkerReport): void => {
    if (report.kind === "failed")
      return fail(new PlanError(`${program.name} failed on a thread: ${report.message}`));
    if (waiting && --waiting.left === 0) waiting.resolve();
  };
  const ready = all();
  // One may fail while others are still being started.
  ready.catch(() => {});
  const workers: Thread[] = [];
  const start = async (thread: number): Promise<void> => {
    try {
      workers.push(
        await startThread(
          { program, layout, module, memory, control, thread, threads },
          { onReport, onFailure: fail },
        ),
      );
    } catch (cause) {
      fail(
        new WorkerError(
          `${program.name} cannot have ${threads} threads (${(cause as Error).message}): ` +
            `load it with fewer \`threads\``,
          { cause },
        ),
      );
    }
  };
  const dispose = async (): Promise<boolean> => {
    const intact = !failure;
    stop(new Int32Array(control));
    await Promise.all(workers.map((worker) => worker.stop()));
    return intact;
  };
  await Promise.all(Array.from({ length: threads }, (_, thread) => start(thread)));
  try {
    await ready;
  } catch (error) {
    await dispose();
    throw error;
  }
  // Idle threads do not keep the process alive; a run in progress does.
  for (const worker of workers) worker.hold(false);
  return {
    run: async (symbols) => {
      const done = all();
      for (const worker of workers) {
        worker.hold(true);
        worker.run(symbols);
      }
      try {
        await done;
      } finally {
        waiting = undefined;
        for (const worker of workers) worker.hold(false);
      }
    },
    dispose,
  };
}
