/**
 * Everything that is wrong with a plan: its shape, by its schema, and whether its numbers agree.
 */
import type { Plan } from "@sigil/spec";
import { planSchema, shapeFaults } from "@sigil/spec/shared";
import { PlanError } from "./plan-error.ts";
import { programFaults } from "./program-faults.ts";

/** Faults that an error lists. */
const most = 20;

/** Each fault with its place; none for a plan as the compiler makes it. */
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

/**
 * Throws a PlanError with what is wrong, if anything is; of one that is not `sealed`, that first.
 */
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
