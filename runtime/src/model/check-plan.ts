/** What a plan must be before a session opens: as it was compiled, and consistent. */
import type { Plan } from "@sigil/spec";
import { planDigest } from "@sigil/spec/shared";

function isSealed(plan: Plan): boolean {
  try {
    return planDigest(plan) === plan.digest;
  } catch {
    // What JSON cannot hold, no plan holds.
    return false;
  }
}

/**
 * Throws a PlanError with what keeps this from being run. Someone may have changed a plan and its
 * digest with it: Node checks every number then too. In a page nothing gets past the walls of
 * WebAssembly and WebGPU, and 3 kB that find nothing would be downloaded by everyone.
 */
export async function checkPlan(plan: Plan): Promise<void> {
  const sealed = isSealed(plan);
  if (!sealed || globalThis.process?.versions?.node)
    (await import("./plan-faults.ts")).refuseFaults(plan, sealed);
}
