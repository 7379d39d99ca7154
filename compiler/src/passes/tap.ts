import type { LoweredProgram } from "../kernels/lowered.ts";

/** The program with what every launch writes as its outputs, named by the launch's number; nothing else of it changes, so that a backend runs the very kernels that it runs without. */
export function withTaps(program: LoweredProgram): LoweredProgram {
  const outputs = program.launches.flatMap(({ operands }, i) => operands.slice(-1).flatMap((operand) => (operand.kind === "value" ? [{ name: String(i), value: operand.value }] : [])));
  return { ...program, outputs };
}
