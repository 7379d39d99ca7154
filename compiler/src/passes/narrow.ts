/**
 * Gives computed values the element type that weights are stored in, for targets whose kernels read
 * and write 16 bits. What stays
 * float32: what a caller hands in, embeddings that are gathered, outputs that no kernel reads,
 * and whatever a cosine comes
 * from (the operands and results of L2 normalisation and of products of two computed matrices).
 */
import type { Storage } from "@sigil/spec";
import type { Value } from "../ir/graph.ts";
import type { LoweredLaunch, LoweredOperand, LoweredProgram } from "../kernels/lowered.ts";
import { attentionOperands, readAndWritten } from "../kernels/operands.ts";
import type { Problem } from "../kernels/problem.ts";

const valuesOf = (operands: readonly LoweredOperand[]): readonly Value[] =>
  operands.flatMap((operand) => (operand.kind === "value" ? [operand.value] : []));

/** Whether every value that a problem touches must keep float32's precision. */
const isExact = (problem: Problem): boolean =>
  (problem.family === "row_reduce" && problem.kind === "l2_normalize") ||
  (problem.family === "gemm" && problem.b.kind === "activation");

/** The same program with `Value.dtype` set; float32 storage changes nothing. */
export function narrow(program: LoweredProgram, storage: Storage): LoweredProgram {
  if (storage === "float32") return program;
  const all = [...program.init, ...program.launches];
  const read = new Set(
    all.flatMap(({ problem, operands }) =>
      valuesOf(readAndWritten(problem, operands).read).map(({ id }) => id),
    ),
  );
  const kept = new Set([
    ...program.inputs.map(({ value }) => value.id),
    ...program.gathers.map(({ value }) => value.id),
    ...program.outputs.flatMap(({ value }) => (read.has(value.id) ? [] : [value.id])),
    ...all.flatMap(({ problem, operands }) =>
      isExact(problem) ? valuesOf(operands).map(({ id }) => id) : [],
    ),
    // Kernels write probabilities in float32, whoever reads them.
    ...all.flatMap(({ problem, operands }) => {
      if (problem.family !== "attention") return [];
      const { probabilities } = attentionOperands(problem, operands);
      return probabilities ? valuesOf([probabilities]).map(({ id }) => id) : [];
    }),
  ]);
  const narrowed = new Map<number, Value>();
  const typed = (value: Value): Value => {
    if (kept.has(value.id) || value.dtype !== "float32") return value;
    const known = narrowed.get(value.id) ?? { ...value, dtype: storage };
    narrowed.set(value.id, known);
    return known;
  };
  const retype = (launch: LoweredLaunch): LoweredLaunch => ({
    ...launch,
    operands: launch.operands.map((operand) =>
      operand.kind === "value" ? { ...operand, value: typed(operand.value) } : operand,
    ),
  });
  return {
    ...program,
    init: program.init.map(retype),
    launches: program.launches.map(retype),
    outputs: program.outputs.map((output) => ({ ...output, value: typed(output.value) })),
  };
}
