/**
 * Plans as generated modules carry them: where a weight lies is left out, since it follows from the
 * sizes of those before it, and so is which weight a launch reads, since launches read them in
 * order.
 */
import type { Location, Plan, PlannedLaunch, PlannedProgram, PlannedWeight } from "@sigil/spec";
import { align } from "@sigil/spec/shared";

type Unplaced<T extends { readonly offset: number }> = Omit<T, "offset"> & {
  readonly offset?: number;
};
type UnplacedLaunch = Omit<PlannedLaunch, "operands"> & {
  readonly operands: readonly Unplaced<Location>[];
};

/**
 * A plan in which a weight without an offset lies behind the one before it, at the next place that
 * is aligned, and an operand without one is the weight behind the one that an operand, of `init`
 * and then of `launches`, was last.
 */
export type UnplacedPlan = Omit<Plan, "programs"> & {
  readonly programs: readonly (Omit<PlannedProgram, "weights" | "init" | "launches"> & {
    readonly weights: readonly Unplaced<PlannedWeight>[];
    readonly init: readonly UnplacedLaunch[];
    readonly launches: readonly UnplacedLaunch[];
  })[];
};

/** Fills in the offsets, and the bytes of operands that are whole weights. */
export function placeWeights(plan: UnplacedPlan): Plan {
  return {
    ...plan,
    programs: plan.programs.map((program) => {
      let end = 0;
      const weights = program.weights.map((weight) => {
        const placed = { ...weight, offset: weight.offset ?? end };
        end = placed.offset + align(placed.bytes);
        return placed;
      });
      const places = new Map(weights.map(({ offset }, place) => [offset, place]));
      let next = 0;
      const launch = (unplaced: UnplacedLaunch): PlannedLaunch => ({
        ...unplaced,
        operands: unplaced.operands.map((operand) => {
          if (operand.space !== "weights") return operand as Location;
          const weight = weights[next];
          const offset = operand.offset ?? weight?.offset ?? 0;
          next = (places.get(offset) ?? next - 1) + 1;
          const whole = operand.offset === undefined && operand.bytes === 0;
          return { ...operand, offset, ...(whole && { bytes: weight?.bytes ?? 0 }) };
        }),
      });
      return {
        ...program,
        weights,
        init: program.init.map(launch),
        launches: program.launches.map(launch),
      };
    }),
  };
}
