/** From a spec to kernel problems: the part of the pipeline that every backend shares. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Architecture, ArchitectureGraph, ModelSpec } from "@sigil/spec";
import { ArchitectureError, expand, isOn } from "./architecture/expand.ts";
import type { Graph } from "./ir/graph.ts";
import { verify } from "./ir/verify.ts";
import type { LoweredProgram } from "./kernels/lowered.ts";
import { eliminateDeadCode } from "./passes/eliminate-dead-code.ts";
import { lower } from "./passes/lower.ts";
import { pushToken } from "./passes/push-token.ts";

const documents = resolve(dirname(fileURLToPath(import.meta.resolve("@sigil/spec"))), "../architectures");

/** Reads an architecture document: one of Sigil's by name, or a file. */
export function readArchitecture(name: string): Architecture {
  const file = name.endsWith(".json") ? name : resolve(documents, `${name}.json`);
  return JSON.parse(readFileSync(file, "utf8")) as Architecture;
}

/** The graphs of a spec as its architecture document describes them, verified; no pass has run. A program none of whose outputs is wanted is left out. */
export function buildGraphs(spec: ModelSpec, architecture: Architecture = readArchitecture(spec.architecture)): Graph[] {
  const parts = "programs" in architecture ? architecture.programs : [architecture];
  const known = new Set<string>();
  const graphs = parts.flatMap((part) => {
    const document = typeof part === "string" ? (readArchitecture(part) as ArchitectureGraph) : part;
    const config = spec.config as Record<string, unknown>;
    const block = document.config === undefined ? {} : ((config[document.config] ?? {}) as Record<string, unknown>);
    const labels = config.id2label as Record<string, string> | undefined;
    const fields: Record<string, unknown> = { ...config, ...block, num_labels: Object.keys(labels ?? {}).length };
    if (!isOn(document.when, (name) => fields[name])) return [];
    if ("max_position_embeddings" in fields) fields.text_length = spec.textLength ?? fields.max_position_embeddings;
    if ("image_size" in fields) Object.assign(fields, { image_height: spec.imageSize?.height ?? fields.image_size, image_width: spec.imageSize?.width ?? fields.image_size, run_time_size: spec.interpolatePosEncoding === "run-time" });
    Object.keys(document.outputs).forEach((name) => known.add(name));
    const wanted = spec.outputs ? { outputs: spec.outputs } : {};
    const graph = expand(document, { fields, maximum: spec.batch, collections: { hidden_states: spec.hiddenStates, attentions: spec.attentions }, ...wanted });
    return graph.outputs.length > 0 ? [verify(graph, "expand")] : [];
  });
  const strange = (spec.outputs ?? []).filter((name) => !known.has(name));
  if (strange.length > 0) throw new ArchitectureError(spec.file, "/outputs", `${architecture.name} has no output ${strange.map((name) => `"${name}"`).join(", ")}; it has ${[...known].join(", ")}`);
  return graphs;
}

/** The programs of a spec as primitive graphs after the graph passes, and as kernel problems. */
export function lowerSpec(spec: ModelSpec, architecture?: Architecture): { readonly graph: Graph; readonly lowered: LoweredProgram }[] {
  return buildGraphs(spec, architecture)
    .map((graph) => verify(eliminateDeadCode(graph), "eliminate-dead-code"))
    .map((graph) => verify(pushToken(graph), "push-token"))
    .map((graph) => ({ graph, lowered: lower(graph, spec.storage) }));
}
