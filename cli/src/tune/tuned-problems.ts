/** The problems of a spec that can be computed in several ways, each once. */
import {
  attentionKey,
  choiceOf,
  lowerSpec,
  type LoweredLaunch,
  type LoweredProgram,
  type Tuning,
} from "@sigil/compiler/internal";
import type { ModelSpec } from "@sigil/spec";

export interface TunedProblem {
  /** One of the launches that compute it, and the program that it is of. */
  readonly launch: LoweredLaunch;
  readonly program: LoweredProgram;
  /** Launches of a run that it stands for. */
  readonly count: number;
}

/** The problems of every program of the spec, or of the named programs. */
export function tunedProblems(
  spec: ModelSpec,
  tuning: Tuning,
  programs?: readonly string[],
): readonly TunedProblem[] {
  const found = new Map<
    string,
    { launch: LoweredLaunch; program: LoweredProgram; count: number }
  >();
  for (const { lowered: program } of lowerSpec(spec)) {
    if (programs && !programs.includes(program.name)) continue;
    for (const launch of program.launches) {
      if (choiceOf(launch.problem, program.symbols, tuning) === undefined) continue;
      // What differs in the epilogue, or in strides and scale, alone is divided alike, so sizes are
      // the key, as they are in a table.
      const { problem } = launch;
      const key = JSON.stringify(
        problem.family === "gemm"
          ? { ...problem, epilogue: undefined, epilogueOperands: undefined }
          : problem.family === "attention"
            ? attentionKey(problem, program.symbols)
            : problem,
      );
      const known = found.get(key);
      if (known) known.count++;
      else found.set(key, { launch, program, count: 1 });
    }
  }
  return [...found.values()];
}
