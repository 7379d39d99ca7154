import type { BoundPlan } from "./quantized/bind-quantized.ts";
import type { WeightSource } from "./weight-source.ts";

/**
 * Checks that a checkpoint, which may be quantised, fits a plan. Returns it under the names and
 * with the shapes of the plan. One WeightsError lists every fault.
 */
export async function bindCheckpoint(plan: BoundPlan, source: WeightSource): Promise<WeightSource> {
  if (holdsJust(plan, source)) return source;
  // Most checkpoints do, and pages then download nothing of the rest.
  return (await import("./quantized/bind-quantized.ts")).bindQuantized(plan, source);
}

/**
 * Whether a source has exactly the tensors of a plan, all of them as floats. Without programs it is
 * unknown how the weights will be stored.
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
