/** The whole pipeline: from a spec to a plan, kernels and bindings. */
import {
  sealPlan,
  type Architecture,
  type ModelSpec,
  type Plan,
  type PlannedProgram,
} from "@sigil/spec";
import { ArchitectureError } from "./architecture/architecture-error.ts";
import { importExtension as extensionOf } from "./artifact/import-extension.ts";
import { planKind } from "./artifact/plan-kind.ts";
import type { Backend, BackendInput, Files, ModuleSource } from "./backends/backend.ts";
import { backends, type CompiledTargets } from "./backends/index.ts";
import { writeBindings } from "./bindings/write-bindings.ts";
import { lowerSpec } from "./frontend.ts";
import type { Graph } from "./ir/graph.ts";
import { tensorsOf, type LoweredProgram } from "./kernels/lowered.ts";
import type { MemoryPlan } from "./passes/plan-memory.ts";

type Target = keyof CompiledTargets;

/** A program at each stage of compilation, for inspection. */
export interface CompiledProgram {
  readonly graph: Graph;
  readonly lowered: LoweredProgram;
  readonly memory: MemoryPlan;
}

/**
 * A compiled model. The kernels of each target that the spec asks for are under the target's name.
 */
export interface CompiledModel extends Partial<CompiledTargets> {
  /**
   * The plan of the CPU. Every spec is compiled for the CPU, which the others are compared with.
   */
  readonly plan: Plan;
  readonly cpu: CompiledTargets["cpu"];
  /** The targets whose files the artifact holds. */
  readonly targets: ModelSpec["targets"];
  readonly programs: readonly CompiledProgram[];
  /** The typed module, as TypeScript. */
  readonly bindings: string;
  /** Where the checkpoint comes from, and how files are written. */
  readonly source: ModuleSource;
}

/**
 * Compiles a spec for the CPU and its other targets. `architecture` replaces the document that the
 * spec names. Throws DiagnosticError or ArchitectureError if it cannot be compiled.
 */
export async function compile(
  spec: ModelSpec,
  architecture?: Architecture,
): Promise<CompiledModel> {
  for (const target of spec.targets) checkTarget(spec, target);
  const input = inputOf(spec, architecture);
  const cpu = await backends.cpu.compile(input);
  const others: Partial<CompiledTargets> = Object.fromEntries(
    await Promise.all(
      spec.targets
        .filter((target) => target !== "cpu")
        .map(async (target) => [target, await backends[target].compile(input)] as const),
    ),
  );
  const { checkpoint, revision, license, emit, importExtension } = spec;
  return {
    plan: cpu.plan,
    source: {
      emit,
      importExtension,
      ...(checkpoint !== undefined && { checkpoint }),
      ...(revision !== undefined && { revision }),
      ...(license !== undefined && { license }),
    },
    targets: spec.targets,
    programs: input.stages.map(({ graph, lowered }, i) => ({
      graph,
      lowered,
      memory: cpu.memory[i]!,
    })),
    ...others,
    cpu,
    bindings: writeBindings(cpu.plan, spec.targets, extensionOf(spec)),
  };
}

/** Compiles a spec for one target. Returns what `compile` returns under the target's name. */
export async function compileTarget<T extends Target>(
  spec: ModelSpec,
  target: T,
): Promise<CompiledTargets[T]> {
  checkTarget(spec, target);
  return table[target].compile(inputOf(spec));
}

/** Only the CPU multiplies integers. */
function checkTarget({ activations, file }: ModelSpec, target: Target): void {
  if (activations !== undefined && target !== "cpu")
    throw new ArchitectureError(
      file,
      "/activations",
      `${target} has no kernels for activations in ${activations}; leave it out, or compile for ` +
        "the cpu alone",
    );
}

function inputOf(spec: ModelSpec, architecture?: Architecture): BackendInput {
  const stages = lowerSpec(spec, architecture);
  const planOf = (programs: readonly PlannedProgram[]): Plan =>
    sealPlan({
      version: 1,
      name: spec.name,
      kind: planKind(stages.map(({ graph }) => graph)),
      architecture: architecture?.name ?? spec.architecture.replace(/^[^]*[\\/]/, ""),
      storage: spec.storage,
      config: spec.config,
      tensors: tensorsOf(stages.map(({ lowered }) => lowered)),
      ...(spec.sha256 && { sha256: spec.sha256 }),
      ...(spec.weightPrefix !== undefined && { weightPrefix: spec.weightPrefix }),
      ...(spec.ignoreOtherWeights && { ignoreOtherWeights: true }),
      programs,
    });
  return { spec, stages, planOf };
}

/** Typed so that each backend receives what it compiled itself. */
const table: { readonly [Name in Target]: Backend<CompiledTargets[Name]> } = backends;

/** The artifact that @sigil/runtime-cpu opens. */
export const cpuArtifact = ({ plan, cpu }: Pick<CompiledModel, "plan" | "cpu">) => ({
  plan,
  wasm: { plain: cpu.plain, relaxed: cpu.relaxed },
  ...(cpu.native && { native: cpu.native }),
});

/** The files and the text of one target of a model. */
export interface CompiledTarget {
  readonly target: Target;
  readonly plan: Plan;
  readonly sources: () => Files;
  readonly modules: (source: ModuleSource) => Files;
}

/** The CPU first, then the other targets that a model was compiled for. */
export const compiledTargets = (model: CompiledModel): readonly CompiledTarget[] =>
  (Object.keys(backends) as Target[]).flatMap((target) => compiledTarget(model, target) ?? []);

function compiledTarget<T extends Target>(
  model: Partial<CompiledTargets>,
  target: T,
): CompiledTarget | undefined {
  const compiled = model[target];
  if (compiled === undefined) return undefined;
  const { sources, modules } = table[target];
  return {
    target,
    plan: compiled.plan,
    sources: () => sources(compiled),
    modules: (source) => modules(compiled, source),
  };
}
