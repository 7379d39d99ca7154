/** The operands of a kernel as C++ pointers: their element types, and how many elements may be read at once. */
import type { WeightLayout } from "@sigil/spec";
import type { ValueType } from "../../ir/graph.ts";
import type { LoweredOperand } from "../../kernels/lowered.ts";
import type { Problem } from "../../kernels/problem.ts";
import { writtenOperands } from "../../passes/narrow.ts";

/** What of an operand decides a kernel. */
export interface CudaOperand {
  readonly type: ValueType;
  /** Elements from the 256-byte boundary that its value or weight starts at; the pointer that a kernel gets includes them. */
  readonly offset: number;
  readonly written: boolean;
}

/** A weight that is not the matrix of a Gemm. */
export const rowLayout: WeightLayout = { kind: "rows" };

/** Layouts by operand: matrices row-major in the storage type, other weights float32. */
export function layoutsOf(problem: Problem, operands: readonly LoweredOperand[]): readonly (WeightLayout | undefined)[] {
  return operands.map((operand, i) => {
    if (operand.kind === "value") return undefined;
    return problem.family === "gemm" && i === 1 && problem.b.kind === "weight" ? { kind: "panels", width: 1, storage: problem.b.storage } : rowLayout;
  });
}

export function operandsOf(problem: Problem, operands: readonly LoweredOperand[]): readonly CudaOperand[] {
  const layouts = layoutsOf(problem, operands);
  const firstWritten = operands.length - writtenOperands(problem);
  return operands.map((operand, i) => {
    const layout = layouts[i];
    const type = operand.kind === "value" ? operand.value.dtype : layout?.kind === "panels" ? layout.storage : "float32";
    return { type, offset: operand.kind === "value" ? operand.offset : 0, written: i >= firstWritten };
  });
}

const names: Readonly<Record<ValueType, string>> = { float32: "float", int32: "int", float16: "f16", bfloat16: "bf16", uint8: "uint8_t" };
/** The element type in C++, inside namespace sigil. */
export const cppType = (type: ValueType): string => names[type];
export const isHalf = (type: ValueType): boolean => type === "float16" || type === "bfloat16";

/** The longest run of elements, a power of two up to `most`, that is aligned to its size wherever addresses are multiples of `steps` from the operand's start. */
export function alignedRun(operand: CudaOperand, steps: readonly number[], most: number): number {
  let run = most;
  while (run > 1 && [operand.offset, ...steps].some((step) => step % run !== 0)) run /= 2;
  return run;
}
