/** How many threads share the launches of a program. */
import { inNode, OptionError } from "@sigil/runtime/internal";
import { processors } from "./start-worker.ts";

/** More than this rarely helps. */
const byDefault = 8;
/**
 * More than this, where there are not as many processors, only wait for each other: each is a
 * JavaScript engine of its own, and hundreds of them exhaust a process.
 */
const most = 64;

/**
 * The number that was asked for, or one for each processor; 1 where memory cannot be shared. Throws
 * an OptionError for a number that cannot be.
 */
export async function chooseThreads(
  wanted: number | undefined,
  shareable: boolean,
): Promise<number> {
  const available = processors();
  const allowed = Math.max(most, available);
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 1 && wanted <= allowed))
    throw new OptionError(
      `threads: expected a whole number from 1 to ${allowed}, received ${wanted}`,
    );
  if (!shareable || typeof SharedArrayBuffer === "undefined") return 1;
  // In Node more threads than processors may be asked for; a page may share memory or not.
  if (available === 1 && !inNode()) return 1;
  return wanted ?? Math.min(available, byDefault);
}
