/** What the compiler needs of a backend. */
import type { ModelSpec, Plan, PlannedProgram, Provenance } from "@sigil/spec";
import type { Graph } from "../ir/graph.ts";
import type { LoweredProgram } from "../kernels/lowered.ts";

/** The content of each file by its path in the folder of a module. */
export type Files = Readonly<Record<string, string>>;

/** A program as all backends get it. */
export interface LoweredStage {
  readonly graph: Graph;
  readonly lowered: LoweredProgram;
}

export interface BackendInput {
  readonly spec: ModelSpec;
  readonly stages: readonly LoweredStage[];
  /** The sealed plan of a backend's programs. */
  readonly planOf: (programs: readonly PlannedProgram[]) => Plan;
}

/** The checkpoint of a module, and the language of its files. */
export type ModuleSource = Provenance & Pick<ModelSpec, "emit" | "importExtension">;

/** The names of a runtime's package that the files of a module use. */
export interface BackendRuntime {
  readonly package: string;
  /** The function that opens a session. */
  readonly open: string;
  /** The type of its options. */
  readonly options: string;
  /** Options that a module of several targets decides itself. */
  readonly decided?: readonly string[];
  /**
   * In a module of several targets, parameters of the function that opens this one, and the options
   * that it passes on: those of the caller, unless said otherwise.
   */
  readonly opener?: (targets: ModelSpec["targets"]) => {
    readonly parameters: string;
    readonly options: string;
  };
  /** The type of what it opens. */
  readonly artifact: string;
}

/**
 * A target. Its folder in `backends` exports one, and `backends/index.ts` lists it. The result of
 * its `compile` is in the compiled model, under the target's name.
 */
export interface Backend<Compiled extends { readonly plan: Plan }> {
  /** As people write it. */
  readonly title: string;
  /** Goes on after "on CUDA", where it is not there everywhere. */
  readonly where?: string;
  /** Only Node has it. */
  readonly node?: true;
  /**
   * The error of its runtime, and the codes which say that it cannot run the model here, rather
   * than that something is wrong: another backend is then tried.
   */
  readonly error?: { readonly name: string; readonly unsuitable: readonly string[] };
  readonly runtime: BackendRuntime;
  readonly compile: (input: BackendInput) => Compiled | Promise<Compiled>;
  /** Its kernels as people read them. */
  readonly sources: (compiled: Compiled) => Files;
  /** What its runtime imports. */
  readonly modules: (compiled: Compiled, source: ModuleSource) => Files;
}
