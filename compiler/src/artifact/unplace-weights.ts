/**
 * What @sigil/runtime's placeWeights puts back: the offsets of weights, which are a fifth of a
 * compressed plan.
 */
import { align, type Plan, type PlannedWeight } from "@sigil/spec";

type Unplaced = Omit<PlannedWeight, "offset"> & { readonly offset?: number };

/** Leaves out the offset of every weight that lies right behind the one before it. */
export function unplaceWeights(plan: Plan): object {
  const unplace = (weights: readonly PlannedWeight[]): readonly Unplaced[] => {
    let end = 0;
    return weights.map(({ offset, ...weight }) => {
      const expected = end;
      end = offset + align(weight.bytes);
      return offset === expected ? weight : { offset, ...weight };
    });
  };
  return {
    ...plan,
    programs: plan.programs.map((program) => ({ ...program, weights: unplace(program.weights) })),
  };
}
