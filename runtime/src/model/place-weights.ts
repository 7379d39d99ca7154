/**
 * Plans as generated modules carry them: where each weight lies is left out, since it follows from
 * the sizes of those before it.
 */
import type { Plan, PlannedProgram, PlannedWeight } from "@sigil/spec";
import { align } from "@sigil/spec/shared";

type UnplacedWeight = Omit<PlannedWeight, "offset"> & { readonly offset?: number };

/**
 * A plan in which a weight without an offset lies behind the one before it, at the next place that
 * is aligned.
 */
export type UnplacedPlan = Omit<Plan, "programs"> & {
  readonly programs: readonly (Omit<PlannedProgram, "weights"> & {
    readonly weights: readonly UnplacedWeight[];
  })[];
};

/** Fills in the offsets. */
export function placeWeights(plan: UnplacedPlan): Plan {
  const place = (weights: readonly UnplacedWeight[]): readonly PlannedWeight[] => {
    let end = 0;
    return weights.map((weight) => {
      const placed = { ...weight, offset: weight.offset ?? end };
      end = placed.offset + align(placed.bytes);
      return placed;
    });
  };
  return {
    ...plan,
    programs: plan.programs.map((program) => ({ ...program, weights: place(program.weights) })),
  };
}
