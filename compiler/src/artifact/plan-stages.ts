/** The programs of a model, planned with the kernels that a backend emitted for all of them. */
import type { PlannedProgram } from "@sigil/spec";
import type { LoweredLaunch, LoweredProgram } from "../kernels/lowered.ts";
import type { MemoryPlan } from "../passes/plan-memory.ts";
import { planProgram, type EmittedKernel } from "./plan-program.ts";

interface Stage {
  readonly lowered: LoweredProgram;
}

/**
 * The launches that run when a program is loaded, then those of each run, all with the program's
 * largest sizes.
 */
export const launchesOf = ({
  init,
  launches,
  symbols,
}: LoweredProgram): (LoweredLaunch & Pick<LoweredProgram, "symbols">)[] =>
  [...init, ...launches].map((launch) => ({ ...launch, symbols }));

/**
 * Plans the programs. `kernels` has the kernels of all init launches and launches, one program
 * after the other.
 */
export function planStages(
  stages: readonly Stage[],
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
