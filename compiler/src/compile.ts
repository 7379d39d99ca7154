/** The whole pipeline in order: a spec to a plan, kernels and bindings. */
import type { Architecture, ModelSpec, Plan } from "@sigil/spec";
import { planKind } from "./artifact/plan-kind.ts";
import { planProgram } from "./artifact/plan-program.ts";
import { emitCpu } from "./backends/cpu/index.ts";
import { writeBindings } from "./bindings/write-bindings.ts";
import { lowerSpec } from "./frontend.ts";
import type { Graph } from "./ir/graph.ts";
import type { LoweredProgram } from "./kernels/lowered.ts";
import type { MemoryPlan } from "./passes/plan-memory.ts";

/** A program at each stage, for those who want to look. */
export interface CompiledProgram {
  readonly graph: Graph;
  readonly lowered: LoweredProgram;
  readonly memory: MemoryPlan;
}

export interface CompiledModel {
  readonly plan: Plan;
  readonly programs: readonly CompiledProgram[];
  /** The kernels of every program, shared where they are equal. */
  readonly cpu: { readonly wat: string; readonly plain: Uint8Array; readonly relaxed: Uint8Array };
  /** The typed module. */
  readonly bindings: string;
}

/** Compiles a spec for the CPU; `architecture` replaces the document that the spec names. Throws DiagnosticError or ArchitectureError for what cannot be compiled. */
export async function compile(spec: ModelSpec, architecture?: Architecture): Promise<CompiledModel> {
  const stages = lowerSpec(spec, architecture);
  const launches = stages.flatMap(({ lowered }) => [...lowered.init, ...lowered.launches]);
  const plain = await emitCpu(launches, { relaxed: false, sharedMemory: true });
  const relaxed = await emitCpu(launches, { relaxed: true, sharedMemory: true });
  let used = 0;
  const programs = stages.map(({ graph, lowered }) => {
    const kernels = plain.kernels.slice(used, (used += lowered.init.length + lowered.launches.length));
    return { graph, lowered, ...planProgram(lowered, kernels) };
  });
  const plan: Plan = {
    version: 1,
    name: spec.name,
    kind: planKind(programs.map(({ planned }) => planned)),
    architecture: architecture?.name ?? spec.architecture.replace(/^.*[\\/]/, ""),
    storage: spec.storage,
    config: spec.config,
    tensors: Object.assign({}, ...programs.map(({ lowered }) => lowered.tensors)) as Plan["tensors"],
    programs: programs.map(({ planned }) => planned),
  };
  return { plan, programs, cpu: { wat: plain.wat, plain: plain.wasm, relaxed: relaxed.wasm }, bindings: writeBindings(plan) };
}
