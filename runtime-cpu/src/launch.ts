/**
 * Running launches on an instance: what the main thread does alone and each worker does with its
 * share.
 */
import { valueOf, type Symbols } from "./extent.ts";
import type { PlannedLaunch } from "@sigil/spec";
import type { MemoryLayout } from "./capacity.ts";

type Kernel = (...args: number[]) => void;

/**
 * Launches as calls: one function per launch, taking the symbols, the thread and the number of
 * threads. The program has passed checkKernels.
 */
export function bindLaunches(
  launches: readonly PlannedLaunch[],
  layout: MemoryLayout,
  instance: WebAssembly.Instance,
): ((symbols: Symbols, thread: number, threads: number) => void)[] {
  return launches.map((launch) => {
    const kernel = instance.exports[launch.kernel] as Kernel;
    const shared = launch.units;
    if (!shared) throw new Error(`internal: checkKernels lets ${launch.kernel} have no units`);
    const pointers = launch.operands.map(({ space, offset }) => layout[space] + offset);
    return (symbols, thread, threads) => {
      const units = Math.ceil(valueOf(shared.of, symbols) / shared.per);
      const begin = Math.floor((units * thread) / threads);
      const end = Math.floor((units * (thread + 1)) / threads);
      if (begin < end)
        kernel(
          ...pointers,
          ...launch.extents.map((extent) => valueOf(extent, symbols)),
          layout.scratch + thread * layout.scratchStride,
          begin,
          end,
        );
    };
  });
}
