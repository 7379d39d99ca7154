import type { Plan } from "@sigil/spec";
import type { PlannedProgress } from "../weights/load-planned.ts";

/**
 * Adds the progress of programs up to the progress of their plan, in bytes. Returns a listener for
 * each program by its name.
 */
export function sumProgress(
  { programs }: Plan,
  onProgress: (progress: PlannedProgress) => void,
): (program: string) => (progress: PlannedProgress) => void {
  const totalBytes = programs.reduce(
    (sum, program) => sum + program.weights.reduce((n, weight) => n + weight.bytes, 0),
    0,
  );
  const loaded = new Map<string, number>();
  return (program) =>
    ({ tensor, loadedBytes }) => {
      loaded.set(program, loadedBytes);
      onProgress({
        tensor,
        loadedBytes: [...loaded.values()].reduce((sum, bytes) => sum + bytes, 0),
        totalBytes,
      });
    };
}
