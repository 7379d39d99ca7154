/**
 * The plans in generated modules leave out where each weight lies, since that follows from the
 * sizes of the weights before it. They also leave out which weight a launch reads, since launches
 * read weights in order.
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
 * A plan without these offsets. A weight without an offset follows the weight before it, at the
 * next aligned place. An operand without one is the weight after the one that was last an operand,
 * first of `init` and then of `launches`.
 */
export type UnplacedPlan = Omit<Plan, "programs"> & {
  readonly programs: readonly (Omit<PlannedProgram, "weights" | "init" | "launches"> & {
    readonly weights: readonly Unplaced<PlannedWeight>[];
    readonly init: readonly UnplacedLaunch[];
    readonly launches: readonly UnplacedLaunch[];
  })[];
};

/** Fills in the offsets, and the sizes in bytes of operands that are whole weights. */
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
