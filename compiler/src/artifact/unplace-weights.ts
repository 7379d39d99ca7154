/**
 * Leaves out of a plan what placeWeights of @sigil/runtime restores: the offsets of weights and of
 * operands that are weights. They are a third of a compressed plan.
 */
import { align, type Plan, type PlannedLaunch } from "@sigil/spec";

/**
 * Leaves out the offset of every weight that lies directly after the previous one, and of every
 * operand that is the weight after the previous operand's. The bytes of such a weight become 0.
 */
export function unplaceWeights(plan: Plan): object {
  return {
    ...plan,
    programs: plan.programs.map((program) => {
      let end = 0;
      const weights = program.weights.map(({ offset, ...weight }) => {
        const expected = end;
        end = offset + align(weight.bytes);
        return offset === expected ? weight : { offset, ...weight };
      });
      const places = new Map(program.weights.map(({ offset }, place) => [offset, place]));
      let next = 0;
      const launch = ({ operands, ...rest }: PlannedLaunch): object => ({
        ...rest,
        operands: operands.map((operand) => {
          if (operand.space !== "weights") return operand;
          const { offset, ...unplaced } = operand;
          const expected = program.weights[next];
          next = (places.get(offset) ?? next - 1) + 1;
          if (offset !== expected?.offset) return operand;
          return unplaced.bytes === expected.bytes ? { ...unplaced, bytes: 0 } : unplaced;
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
