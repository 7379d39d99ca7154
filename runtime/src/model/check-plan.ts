/**
 * Checks a plan before a session opens: it must be unchanged since it was compiled, and consistent.
 */
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
 * Throws a PlanError that lists why the plan cannot run. A plan and its digest can be changed
 * together, so Node also checks every number. Pages skip that check: WebAssembly and WebGPU confine
 * a bad plan anyway, and the check would add 3 kB to every download.
 */
export async function checkPlan(plan: Plan): Promise<void> {
  const sealed = isSealed(plan);
  if (!sealed || globalThis.process?.versions?.node)
    (await import("./plan-faults.ts")).refuseFaults(plan, sealed);
}
