import type { LoweredLaunch, LoweredProgram } from "../kernels/lowered.ts";

/** Operands that a launch writes, its result first. */
const written = ({ problem, operands }: LoweredLaunch): LoweredLaunch["operands"] =>
  operands.slice(problem.family === "attention" && problem.probabilities ? -2 : -1);

/**
 * The program with what every launch writes as its outputs, named `launch` or `launch.n` for the
 * nth; nothing else of it changes, so that a backend runs the very kernels that it runs without.
 */
export function withTaps(program: LoweredProgram): LoweredProgram {
  const outputs = program.launches.flatMap((launch, i) =>
    written(launch).flatMap((operand, n) =>
      operand.kind === "value"
        ? [{ name: n === 0 ? String(i) : `${i}.${n}`, value: operand.value }]
        : [],
    ),
  );
  return { ...program, outputs };
}
