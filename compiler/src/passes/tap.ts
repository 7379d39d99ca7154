import type { LoweredProgram } from "../kernels/lowered.ts";
import { readAndWritten } from "../kernels/operands.ts";

/**
 * The program with what every launch writes as its outputs, named `launch` or `launch.n` for the
 * nth; nothing else of it changes, so that a backend runs the very kernels that it runs without.
 */
export function withTaps(program: LoweredProgram): LoweredProgram {
  const outputs = program.launches.flatMap(({ problem, operands }, i) =>
    readAndWritten(problem, operands).written.flatMap((operand, n) =>
      operand.kind === "value"
        ? [{ name: n === 0 ? String(i) : `${i}.${n}`, value: operand.value }]
        : [],
    ),
  );
  return { ...program, outputs };
}
