import type { PlanKind } from "@sigil/spec";
import { ArchitectureError } from "../architecture/architecture-error.ts";
import type { Graph } from "../ir/graph.ts";

type Kinded = Pick<Graph, "name" | "kind" | "model" | "inputs" | "outputs">;

/** What the runtime's class of a kind is given; of a pair, one of the two. */
const inputsOf: Readonly<Partial<Record<PlanKind, readonly (readonly string[])[]>>> = {
  siglip: [["pixel_values", "patches"], ["input_ids"]],
  "siglip-text": [["input_ids"]],
  "siglip-vision": [["pixel_values", "patches"]],
  "siglip-image-classification": [["pixel_values", "patches"]],
  siglip2: [["patches"], ["input_ids"]],
  "siglip2-vision": [["patches"]],
  "siglip2-image-classification": [["patches"]],
};

/**
 * What joins the towers of a SigLIP is given; several graphs with these need not say what they are.
 */
const joined = ["input_ids", "image_features", "text_features"];

/**
 * The runtime class of a plan: that of the model if several graphs were compiled, otherwise that of
 * the single graph. Throws ArchitectureError if a graph lacks an input of its class.
 */
export function planKind(graphs: readonly Kinded[]): PlanKind {
  const [first] = graphs as [Kinded];
  const inputs = new Set(graphs.flatMap((graph) => graph.inputs.map(({ name }) => name)));
  const outputs = new Set(graphs.flatMap((graph) => graph.outputs.map(({ name }) => name)));
  const several = joined.every((name) => inputs.has(name)) ? "siglip" : undefined;
  const kind = (graphs.length > 1 ? (first.model ?? several) : first.kind) ?? "graph";
  const missing = (inputsOf[kind] ?? []).find((names) => !names.some((name) => inputs.has(name)));
  if (missing && graphs.length > 1) return "graph";
  if (missing)
    throw new ArchitectureError(
      first.name,
      "/kind",
      `a ${kind} needs an input ${missing.map((name) => `"${name}"`).join(" or ")}`,
    );
  // A classifier whose logits are not wanted is the tower that it has.
  return kind.endsWith("-image-classification") && !outputs.has("logits")
    ? (kind.replace("image-classification", "vision") as PlanKind)
    : kind;
}
