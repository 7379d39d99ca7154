import type { Plan, PlannedProgram, PlannedTensor } from "@sigil/spec";
import { InputError } from "./input-error.ts";

/** What a plan may hold under a name; an InputError where it was compiled without. */
export function compiled<T>(plan: Plan, name: string, value: T | undefined): T {
  if (value === undefined) throw new InputError(`${name}: ${plan.name} was compiled without it`);
  return value;
}

/** The input of that name; an InputError where the program was compiled without. */
export const inputOf = (plan: Plan, { inputs }: PlannedProgram, name: string): PlannedTensor =>
  compiled(
    plan,
    name,
    inputs.find((input) => input.name === name),
  );
