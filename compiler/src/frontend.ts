/** From a spec to kernel problems: the part of the pipeline that all backends share. */
import {
  DiagnosticError,
  fitsPattern,
  loadArchitecture,
  parseArchitecture,
  type Architecture,
  type ArchitecturePart,
  type CompleteGraph,
  type ModelSpec,
} from "@sigil/spec";
import { ArchitectureError } from "./architecture/architecture-error.ts";
import { checkGraph } from "./architecture/check-graph.ts";
import { expand, isOn } from "./architecture/expand.ts";
import { weightOf, type Graph } from "./ir/graph.ts";
import { verify } from "./ir/verify.ts";
import type { LoweredProgram } from "./kernels/lowered.ts";
import { eliminateDeadCode } from "./passes/eliminate-dead-code.ts";
import { lower } from "./lowering/lower.ts";
import { takeBytes } from "./passes/take-bytes.ts";
import { pushToken } from "./passes/push-token.ts";

/**
 * Reads an architecture document: one of Sigil's by name, or a file. Throws DiagnosticError, which
 * lists every problem.
 */
export const readArchitecture = (name: string): Architecture => loadArchitecture(name).architecture;

/**
 * Builds and verifies the graphs of a spec as its architecture document describes them, with
 * pictures in the form that the spec states. No other pass has run. A program without any wanted
 * output is left out.
 */
export function buildGraphs(spec: ModelSpec, given?: Architecture): Graph[] {
  const { architecture, parts = partsOf(architecture) } = given
    ? { architecture: given, parts: undefined }
    : loadArchitecture(spec.architecture);
  const known = new Set<string>();
  const graphs = parts.flatMap(({ graph: document, locate }: Located) => {
    Object.keys(document.outputs).forEach((name) => known.add(name));
    const config = spec.config as Record<string, unknown>;
    const block =
      document.config !== undefined && Object.hasOwn(config, document.config)
        ? ((config[document.config] ?? {}) as Record<string, unknown>)
        : {};
    const labels = config.id2label as Record<string, string> | undefined;
    const fields: Record<string, unknown> = {
      ...config,
      ...block,
      num_labels: Object.keys(labels ?? {}).length,
    };
    if (!isOn(document.when, (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined)))
      return [];
    if ("max_position_embeddings" in fields)
      fields.text_length = spec.textLength ?? fields.max_position_embeddings;
    if ("image_size" in fields)
      Object.assign(fields, {
        image_height: spec.imageSize?.height ?? fields.image_size,
        image_width: spec.imageSize?.width ?? fields.image_size,
        run_time_size: spec.interpolatePosEncoding === "run-time",
      });
    if ("num_patches" in fields)
      fields.max_num_patches = spec.maxNumPatches ?? fields.max_num_patches ?? fields.num_patches;
    if (document.kind?.startsWith("siglip2")) fields.run_time_size = true;
    const wanted = spec.outputs ? { outputs: spec.outputs } : {};
    const graph = locating(locate, () =>
      expand(document, {
        fields,
        maximum: spec.batch,
        collections: { hidden_states: spec.hiddenStates, attentions: spec.attentions },
        ...wanted,
      }),
    );
    const { kind: model } = architecture;
    const kinded = {
      ...graph,
      ...(document.kind && { kind: document.kind }),
      ...(model && { model }),
    };
    return graph.outputs.length > 0
      ? [
          verify(
            locating(locate, () => checkGraph(takeBytes(verify(kinded, "expand"), spec.pixels))),
            "take-bytes",
          ),
        ]
      : [];
  });
  const strange = (spec.outputs ?? []).filter((name) => !known.has(name));
  if (strange.length > 0)
    throw new ArchitectureError(
      spec.file,
      "/outputs",
      `${architecture.name} has no output ${strange.map((name) => `"${name}"`).join(", ")}; ` +
        `it has ${[...known].join(", ")}`,
    );
  const made = new Set(graphs.flatMap(({ outputs }) => outputs.map(({ name }) => name)));
  const off = (spec.outputs ?? []).filter((name) => !made.has(name));
  if (off.length > 0)
    throw new ArchitectureError(
      spec.file,
      "/outputs",
      `${off.map((name) => `"${name}"`).join(", ")} of ${architecture.name} is switched off ` +
        "by this config",
    );
  if (graphs.length === 0)
    throw new ArchitectureError(
      spec.file,
      "",
      `the config switches off every graph of ${architecture.name}`,
    );
  const bytes = graphs.some(({ inputs }) => inputs.some(({ value }) => value.dtype === "uint8"));
  if (spec.pixels.dtype === "uint8" && !bytes)
    throw new ArchitectureError(
      spec.file,
      "/pixels",
      `${architecture.name} has no pixel_values that could be uint8`,
    );
  return graphs;
}

/** An object given in place of a document is checked where it needs others. */
function partsOf(given: Architecture): readonly Located[] {
  const parts = "programs" in given ? given.programs : [given];
  const isComplete = (part: (typeof parts)[number]): part is CompleteGraph =>
    typeof part !== "string" &&
    !("extends" in part) &&
    !("uses" in part) &&
    !Object.values(part.blocks ?? {}).some((block) => "extends" in block);
  return parts.every(isComplete)
    ? parts.map((graph) => ({ graph }))
    : parseArchitecture(JSON.stringify(given), { file: `${given.name}.json` }).parts;
}

type Located = Pick<ArchitecturePart, "graph"> & Partial<Pick<ArchitecturePart, "locate">>;

/**
 * Runs what may find fault with a document; where that came from a file, the fault becomes a
 * diagnostic at its place.
 */
function locating<T>(locate: ArchitecturePart["locate"] | undefined, task: () => T): T {
  try {
    return task();
  } catch (error) {
    if (!(error instanceof ArchitectureError) || !locate) throw error;
    throw new DiagnosticError([locate(error.pointer, error.problem)]);
  }
}

/** The programs of a spec as primitive graphs after the graph passes, and as kernel problems. */
export function lowerSpec(
  spec: ModelSpec,
  architecture?: Architecture,
): { readonly graph: Graph; readonly lowered: LoweredProgram }[] {
  const stages = buildGraphs(spec, architecture)
    .map((graph) => verify(eliminateDeadCode(graph), "eliminate-dead-code"))
    .map((graph) => verify(pushToken(graph), "push-token"))
    .map((graph) => ({ graph, lowered: lower(graph, spec) }));
  checkStorageRules(
    spec,
    stages.map(({ graph }) => graph),
  );
  checkActivations(
    spec,
    stages.map(({ lowered }) => lowered),
  );
  return stages;
}

/**
 * A pattern of the spec's `quantize` that fits no matrix is a slip; one of a config may be of
 * another tower.
 */
function checkStorageRules({ quantize = [], file }: ModelSpec, graphs: readonly Graph[]): void {
  const names = graphs.flatMap(({ nodes }) =>
    nodes.flatMap(({ op, weights }) =>
      op === "linear" || op === "embedding" ? [weightOf({ weights }).tensor] : [],
    ),
  );
  for (const { pattern, pointer } of quantize)
    if (pointer !== undefined && !names.some((name) => fitsPattern(name, pattern)))
      throw new ArchitectureError(
        file,
        pointer,
        `no matrix of the model has such a name; the names are ${names.slice(0, 3).join(", ")} ` +
          `and ${Math.max(0, names.length - 3)} more`,
      );
}

/** Integers are multiplied where there are some; a spec that asks for it and has none is a slip. */
function checkActivations({ activations, file }: ModelSpec, programs: readonly LoweredProgram[]) {
  const has = programs.some(({ launches }) =>
    launches.some(
      ({ problem }) =>
        problem.family === "gemm" && problem.b.kind === "weight" && problem.b.activations,
    ),
  );
  if (activations !== undefined && !has)
    throw new ArchitectureError(
      file,
      "/activations",
      "no matrix of the model is int8 with a scale for each row: set storage to int8, or name " +
        "some in quantize",
    );
}
