import type { LoweredProgram } from "../kernels/lowered.ts";
import { readAndWritten } from "../kernels/operands.ts";

/**
 * The program with everything that its launches write as outputs, named by the number of the
 * launch, or `launch.n` for its nth result. Nothing else changes, so a backend runs the same
 * kernels as without.
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
