/** What the command line needs to know of a backend. */
import type { LoweredProgram } from "@sigil/compiler/internal";
import type { Program, Session, WeightSource } from "@sigil/runtime/internal";
import type { ModelSpec, Storage } from "@sigil/spec";
import type { Option } from "commander";

/** One way of computing on a backend, by a name that `--backend` takes. */
export interface Way {
  /**
   * How far it may be from the float64 oracle at any kernel: the largest difference over max(1, the
   * largest magnitude). `sigil parity` measures only ways that have it.
   *
   * float32: rounding through the layers. 16 bits: each weight is off by up to 2^-11 (float16) or
   * 2^-8 (bfloat16) of itself, which the layers amplify by about ten.
   */
  readonly tolerances?: Readonly<Record<Storage, number>>;
  /** Of its curve on the page of `sigil parity`. */
  readonly colour?: string;
}

/** The parsed options of a command, including those that backends add. */
export type Options = Readonly<Record<string, unknown>>;

/** A backend as the command line knows it before it is loaded, so that `--help` loads none. */
export interface CliBackend {
  readonly ways: Readonly<Record<string, Way>>;
  /** Options of its own that `sigil run` and `sigil parity` take. */
  readonly options?: () => readonly Option[];
  readonly load: () => Promise<BackendCommands>;
}

/** A line of `sigil doctor`: a name, whether it was found, and what it is or what is missing. */
export type Finding = readonly [name: string, found: boolean, detail: string];

/** Loads programs one after the other, each alone. */
export interface ProgramLoader {
  readonly load: (program: LoweredProgram, weights: WeightSource) => Promise<Program>;
  readonly close: () => Promise<void>;
}

export interface BackendCommands {
  /** For `sigil run`. */
  readonly openSession: (
    way: string,
    spec: ModelSpec,
    weights: WeightSource,
    options: Options,
  ) => Promise<Session>;
  /** For `sigil parity`. */
  readonly openLoader: (way: string, spec: ModelSpec, options: Options) => Promise<ProgramLoader>;
  /** For `sigil doctor`. */
  readonly findings: () => Promise<readonly Finding[]>;
}
