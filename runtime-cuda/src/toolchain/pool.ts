import { availableParallelism } from "node:os";

/** Runs tasks, as many at a time as there are cores; the first failure ends the rest. */
export async function pool(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < tasks.length) await tasks[next++]!();
  };
  await Promise.all(Array.from({ length: Math.min(tasks.length, availableParallelism()) }, worker));
}
