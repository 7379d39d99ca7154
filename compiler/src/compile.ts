/** The whole pipeline in order: a spec to a plan, kernels and bindings. */
import {
  sealPlan,
  type Architecture,
  type ModelSpec,
  type NativeKernels,
  type Plan,
  type PlannedProgram,
  type Provenance,
  type Storage,
  type TuningTable,
} from "@sigil/spec";
import { importExtension as extensionOf } from "./artifact/import-extension.ts";
import { planKind } from "./artifact/plan-kind.ts";
import { planProgram, type EmittedKernel } from "./artifact/plan-program.ts";
import { emitCpu, type CpuModule } from "./backends/cpu/index.ts";
import { emitCuda, type CudaModule } from "./backends/cuda/index.ts";
import { emitNative } from "./backends/native/index.ts";
import {
  distinctSets,
  emitWebGpu,
  kernelSets,
  type AdapterKind,
  type KernelSet,
  type WebGpuModule,
} from "./backends/webgpu/index.ts";
import { writeBindings } from "./bindings/write-bindings.ts";
import { lowerSpec } from "./frontend.ts";
import type { Graph } from "./ir/graph.ts";
import { tensorsOf, type LoweredProgram } from "./kernels/lowered.ts";
import { narrow } from "./passes/narrow.ts";
import type { MemoryPlan } from "./passes/plan-memory.ts";

/** A program at each stage, for those who want to look. */
export interface CompiledProgram {
  readonly graph: Graph;
  readonly lowered: LoweredProgram;
  readonly memory: MemoryPlan;
}

export interface CompiledModel {
  /** Of the CPU, which every spec is compiled for: it is what others are compared with. */
  readonly plan: Plan;
  /** Whose files an artifact holds. */
  readonly targets: ModelSpec["targets"];
  readonly programs: readonly CompiledProgram[];
  /** The kernels of every program, shared where they are equal. */
  readonly cpu: {
    readonly wat: string;
    readonly choices: CpuModule["choices"];
    readonly plain: Uint8Array;
    readonly relaxed: Uint8Array;
    /** What the native addon runs instead, by the plan's kernels; undefined if it cannot. */
    readonly native?: NativeKernels;
  };
  /** The same programs planned for WebGPU, if the spec asks for that target. */
  readonly webgpu?: {
    readonly plan: Plan;
    readonly kernels: WebGpuModule<AdapterKind>["kernels"] & Partial<WebGpuModule["kernels"]>;
  };
  /**
   * The same programs, values in 16 bits where weights are, planned for CUDA if the spec asks for
   * that target.
   */
  readonly cuda?: {
    readonly plan: Plan;
    readonly kernels: CudaModule["kernels"];
    readonly sources: CudaModule["sources"];
  };
  /** The typed module, as TypeScript. */
  readonly bindings: string;
  /** Where the checkpoint comes from, and how files are written. */
  readonly source: Provenance & Pick<ModelSpec, "emit" | "importExtension">;
}

/**
 * Compiles a spec for the CPU and its other targets; `architecture` replaces the document that the
 * spec names. Throws DiagnosticError or ArchitectureError for what cannot be compiled.
 */
export async function compile(
  spec: ModelSpec,
  architecture?: Architecture,
): Promise<CompiledModel> {
  const stages = lowerSpec(spec, architecture);
  const launches = stages.flatMap(({ lowered }) => [...lowered.init, ...lowered.launches]);
  const plain = await emitCpu(launches, { relaxed: false, sharedMemory: true });
  const relaxed = await emitCpu(launches, { relaxed: true, sharedMemory: true });
  const native = emitNative(
    launches.map(({ problem }) => problem),
    plain.kernels.map(({ name }) => name),
  );
  const planned = planStages(stages, plain.kernels);
  const programs = stages.map(({ graph, lowered }, i) => ({
    graph,
    lowered,
    memory: planned[i]!.memory,
  }));
  const planOf = (parts: readonly PlannedProgram[]): Plan =>
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
      programs: parts,
    });
  const plan = planOf(planned.map((program) => program.planned));
  const webgpu = spec.targets.includes("webgpu")
    ? compileWebGpu(stages, planOf, spec.tuning)
    : undefined;
  const cuda = spec.targets.includes("cuda")
    ? compileCuda(stages, planOf, spec.storage)
    : undefined;
  const { checkpoint, revision, license, emit, importExtension } = spec;
  return {
    plan,
    source: {
      emit,
      importExtension,
      ...(checkpoint !== undefined && { checkpoint }),
      ...(revision !== undefined && { revision }),
      ...(license !== undefined && { license }),
    },
    targets: spec.targets,
    programs,
    cpu: {
      wat: plain.wat,
      choices: plain.choices,
      plain: plain.wasm,
      relaxed: relaxed.wasm,
      ...(native && { native }),
    },
    ...(webgpu && { webgpu }),
    ...(cuda && { cuda }),
    bindings: writeBindings(plan, spec.targets, extensionOf(spec)),
  };
}

/** What @sigil/runtime-cpu opens. */
export const cpuArtifact = ({ plan, cpu }: Pick<CompiledModel, "plan" | "cpu">) => ({
  plan,
  wasm: { plain: cpu.plain, relaxed: cpu.relaxed },
  ...(cpu.native && { native: cpu.native }),
});

type Stages = ReturnType<typeof lowerSpec>;

/** `kernels` are those of every program's launches, one program after the other. */
function planStages(
  stages: readonly { readonly lowered: LoweredProgram }[],
  kernels: readonly EmittedKernel[],
): { readonly planned: PlannedProgram; readonly memory: MemoryPlan }[] {
  let used = 0;
  return stages.map(({ lowered }) =>
    planProgram(
      lowered,
      kernels.slice(used, (used += lowered.init.length + lowered.launches.length)),
    ),
  );
}

function compileWebGpu(
  stages: Stages,
  planOf: (programs: readonly PlannedProgram[]) => Plan,
  table: TuningTable | undefined,
): NonNullable<CompiledModel["webgpu"]> {
  const launches = stages.flatMap(({ lowered }) =>
    [...lowered.init, ...lowered.launches].map((launch) => ({
      ...launch,
      symbols: lowered.symbols,
    })),
  );
  const sets = kernelSets(table);
  const { kernels, launches: emitted } = emitWebGpu(
    launches,
    Object.keys(sets) as KernelSet[],
    sets,
  );
  return {
    plan: planOf(planStages(stages, emitted).map(({ planned }) => planned)),
    kernels: distinctSets(kernels),
  };
}

function compileCuda(
  stages: Stages,
  planOf: (programs: readonly PlannedProgram[]) => Plan,
  storage: Storage,
): NonNullable<CompiledModel["cuda"]> {
  const narrowed = stages.map(({ lowered }) => ({ lowered: narrow(lowered, storage) }));
  const launches = narrowed.flatMap(({ lowered }) =>
    [...lowered.init, ...lowered.launches].map((launch) => ({
      ...launch,
      symbols: lowered.symbols,
    })),
  );
  const { kernels, sources, launches: emitted } = emitCuda(launches);
  return {
    plan: planOf(planStages(narrowed, emitted).map(({ planned }) => planned)),
    kernels,
    sources,
  };
}
