/** The programs of a model, planned with the kernels that a backend emitted for all of them. */
import type { PlannedProgram } from "@sigil/spec";
import type { LoweredLaunch, LoweredProgram } from "../kernels/lowered.ts";
import type { MemoryPlan } from "../passes/plan-memory.ts";
import { planProgram, type EmittedKernel } from "./plan-program.ts";

interface Stage {
  readonly lowered: LoweredProgram;
}

/**
 * What runs when a program is loaded, then what runs each time, with the program's largest sizes.
 */
export const launchesOf = ({
  init,
  launches,
  symbols,
}: LoweredProgram): (LoweredLaunch & Pick<LoweredProgram, "symbols">)[] =>
  [...init, ...launches].map((launch) => ({ ...launch, symbols }));

/** `kernels` are those of every program's launches, one program after the other. */
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
