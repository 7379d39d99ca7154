import type { Plan, PlanKind } from "@sigil/spec";

/**
 * The runtime class that fits the programs' inputs and outputs, whatever document they came from.
 */
export function planKind(programs: Plan["programs"]): PlanKind {
  const inputs = new Set(programs.flatMap((program) => program.inputs.map(({ name }) => name)));
  const outputs = new Set(programs.flatMap((program) => program.outputs.map(({ name }) => name)));
  const pixels = inputs.has("pixel_values") || inputs.has("patches");
  const ids = inputs.has("input_ids");
  if (pixels && ids && programs.length > 1) return "siglip";
  if (programs.length !== 1 || pixels === ids) return "graph";
  if (ids) return "siglip-text";
  return outputs.has("logits")
    ? "siglip-image-classification"
    : inputs.size === 1 || inputs.has("patches")
      ? "siglip-vision"
      : "graph";
}
