import { availableParallelism } from "node:os";

/**
 * Runs tasks, as many at a time as there are cores. After a failure no other task begins, and those
 * under way are waited for: they may still be writing. Rejects with the first failure.
 */
export async function pool(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const rest = tasks.values();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const task of rest) {
      if (failures.length > 0) return;
      await task().catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(tasks.length, availableParallelism()) }, worker));
  if (failures.length > 0) throw failures[0];
}
