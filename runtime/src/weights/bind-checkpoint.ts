import type { BoundPlan } from "./quantized/bind-quantized.ts";
import type { WeightSource } from "./weight-source.ts";

/**
 * Checks that a checkpoint fits a plan, quantised ones too, and returns it under the plan's names,
 * with the shapes that the plan gives them. Every fault is listed in one WeightsError.
 */
export async function bindCheckpoint(plan: BoundPlan, source: WeightSource): Promise<WeightSource> {
  if (holdsJust(plan, source)) return source;
  // Most checkpoints do, and pages then download nothing of the rest.
  return (await import("./quantized/bind-quantized.ts")).bindQuantized(plan, source);
}

/**
 * Whether a source has the tensors of a plan, no others, and all of them as floats. Without
 * programs nobody knows how their weights will be stored.
 */
function holdsJust({ tensors, programs }: BoundPlan, source: WeightSource): boolean {
  if (!programs) return false;
  const expected = Object.entries(tensors);
  const extra = [...source.tensors.keys()].filter((name) => !name.endsWith("position_ids"));
  return (
    extra.length === expected.length &&
    expected.every(([name, shape]) => `${source.tensors.get(name)?.shape}` === `${shape}`) &&
    !programs.some(({ weights }) =>
      weights.some(({ layout }) => layout.kind === "panels" && typeof layout.storage === "object"),
    )
  );
}
