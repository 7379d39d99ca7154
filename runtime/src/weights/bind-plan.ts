import type { Plan } from "@sigil/spec";
import { bindWeights } from "./bind.ts";
import { withPrefixes } from "./prefixes.ts";
import type { WeightSource } from "./weight-source.ts";

const roots = ["text_model.", "vision_model.", "classifier.", "logit_scale", "logit_bias"];
const moduleOf = (name: string): string => name.split(".").slice(0, 2).join(".");

/**
 * Checks that a checkpoint fits a plan, and returns it under the names of the plan. It may also
 * have whole SigLIP modules that the plan leaves out, such as the other tower or an unused head.
 * One WeightsError lists every other fault.
 */
export function bindPlan(
  plan: Pick<Plan, "tensors" | "weightPrefix" | "ignoreOtherWeights">,
  source: WeightSource,
): WeightSource {
  const expected = Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape }));
  const modules = new Set(expected.map(({ name }) => moduleOf(name)));
  const bare = !expected.some(({ name }) => roots.some((root) => name.startsWith(root)));
  const ignore = (name: string): boolean =>
    plan.ignoreOtherWeights ||
    (roots.some((root) => name.startsWith(root)) && (bare || !modules.has(moduleOf(name))));
  const named = withPrefixes(source, Object.keys(plan.tensors), plan.weightPrefix);
  return bindWeights(named, expected, { ignore });
}
