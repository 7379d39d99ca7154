import type { LoweredLaunch, LoweredProgram } from "../kernels/lowered.ts";

/**
 * Sets apart the launches that read nothing but weights (the query of a learned probe): loading
 * runs them once.
 */
export function hoist(
  launches: readonly LoweredLaunch[],
): Pick<LoweredProgram, "init" | "launches"> {
  const constants = new Set<number>();
  const init = launches.filter(({ problem, operands }) => {
    const values = operands.flatMap((operand) =>
      operand.kind === "value" ? [operand.value.id] : [],
    );
    const output = values.pop();
    if (output === undefined) throw new Error("internal: a launch writes no value");
    // A part of a value is no constant where another part may not be one.
    const isPart = problem.family === "map" && problem.written !== undefined;
    const constant = !isPart && values.every((id) => constants.has(id));
    if (constant) constants.add(output);
    return constant;
  });
  return { init, launches: launches.filter((launch) => !init.includes(launch)) };
}
