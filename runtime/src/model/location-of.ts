import type { Location, PlannedTensor } from "@sigil/spec";
import { PlanError } from "./plan-error.ts";

/** Where a tensor lies while a program runs; a PlanError for one that lies nowhere. */
export function locationOf({ name, location }: PlannedTensor): Location {
  if (!location) throw new PlanError(`${name} has no place in memory`);
  return location;
}
