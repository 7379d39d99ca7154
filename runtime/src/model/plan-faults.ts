/** Finds what is wrong with a plan: whether it fits its schema, and whether its numbers agree. */
import type { Plan } from "@sigil/spec";
import { planSchema, shapeFaults } from "@sigil/spec/shared";
import { PlanError } from "./plan-error.ts";
import { programFaults } from "./program-faults.ts";

/** The most faults that an error lists. */
const most = 20;

/** Lists each fault with its place. A plan from the compiler has none. */
function planFaults(plan: Plan): string[] {
  const faults = shapeFaults(plan, planSchema);
  if (faults.length > 0) return faults;
  if (new Set(plan.programs.map(({ name }) => name)).size < plan.programs.length)
    faults.push("programs: two have one name");
  return [
    ...faults,
    ...plan.programs.flatMap((program, i) => programFaults(plan, program, `programs[${i}]`)),
  ];
}

/** Throws a PlanError if anything is wrong. For a plan that is not `sealed`, it says so first. */
export function refuseFaults(plan: Plan, sealed: boolean): void {
  const faults = planFaults(plan);
  if (!sealed)
    faults.unshift("digest: the plan was changed after it was compiled: compile its spec again");
  if (faults.length === 0) return;
  const issues = faults.slice(0, most);
  if (faults.length > most) issues.push(`and ${faults.length - most} more`);
  throw new PlanError(
    `the plan${typeof plan?.name === "string" ? ` of ${plan.name}` : ""} cannot be run:`,
    { issues },
  );
}
