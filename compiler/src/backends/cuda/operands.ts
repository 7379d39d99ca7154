/**
 * The operands of a kernel as C++ pointers: their element types, and how many elements may be read
 * at once.
 */
import { isQuantized, type QuantizedStorage, type WeightLayout } from "@sigil/spec";
import type { ValueType } from "../../ir/graph.ts";
import type { LoweredOperand } from "../../kernels/lowered.ts";
import { gemmOperands, matrixPlace, readAndWritten, tableStorage } from "../../kernels/operands.ts";
import type { GemmProblem, PatchRows, Problem } from "../../kernels/problem.ts";

/** The properties of an operand that decide its kernel. */
export interface CudaOperand {
  readonly type: ValueType;
  /** Of a matrix of codes, which are bytes. */
  readonly quantized?: QuantizedStorage;
  /**
   * Elements from the 256-byte boundary that its value or weight starts at; the pointer that a
   * kernel gets includes them.
   */
  readonly offset: number;
  readonly written: boolean;
}

/** The layout of a weight that is neither the matrix of a Gemm nor a table. */
export const rowLayout: WeightLayout = { kind: "rows" };

/**
 * Elements from one row of B to the next: a weight's rows start at multiples of 16 bytes, which TMA
 * and the widest cp.async need; zeros fill them up.
 */
export function strideOfB({ b, depth }: Pick<GemmProblem, "b" | "depth">): number {
  if (b.kind === "activation") return depth;
  const { storage } = b;
  const run = isQuantized(storage) ? 128 / storage.bits : storage === "float32" ? 4 : 8;
  return Math.ceil(depth / run) * run;
}

/**
 * How many elements of a line of a patch are read at once: at most `most`, and at most 16 bytes.
 */
export function pixelRun(
  { kind, channels, patch, width }: PatchRows,
  pictures: CudaOperand,
  most: number,
): number {
  // A picture's channels lie beside one another in bytes, and apart in floats.
  const [beside, widest] = kind === "byte_patches" ? [channels, most] : [1, Math.min(most, 4)];
  return alignedRun(pictures, [beside * patch, beside * width], widest);
}

/**
 * Layouts by operand: matrices and tables row-major in the storage type, other weights float32.
 */
export function layoutsOf(
  problem: Problem,
  operands: readonly LoweredOperand[],
): readonly (WeightLayout | undefined)[] {
  const matrix = matrixPlace(problem, operands.length);
  return operands.map((operand, i) => {
    if (operand.kind === "value") return undefined;
    const table = tableStorage(problem, i);
    if (table) return { kind: "panels", width: 1, storage: table };
    if (problem.family !== "gemm" || problem.b.kind !== "weight" || i !== matrix) return rowLayout;
    const stride = strideOfB(problem);
    return {
      kind: "panels",
      width: 1,
      storage: problem.b.storage,
      ...(stride > problem.depth && { columns: stride }),
    };
  });
}

export function operandsOf(
  problem: Problem,
  operands: readonly LoweredOperand[],
): readonly CudaOperand[] {
  const layouts = layoutsOf(problem, operands);
  const { written } = readAndWritten(problem, [...operands.keys()]);
  return operands.map((operand, i) => {
    const layout = layouts[i];
    const storage = layout?.kind === "panels" ? layout.storage : "float32";
    const quantized = isQuantized(storage) ? storage : undefined;
    return {
      type:
        operand.kind === "value"
          ? operand.value.dtype
          : isQuantized(storage)
            ? ("uint8" as const)
            : storage,
      ...(quantized && { quantized }),
      offset: operand.kind === "value" ? operand.offset : 0,
      written: written.includes(i),
    };
  });
}

const names: Readonly<Record<ValueType, string>> = {
  float32: "float",
  int32: "int",
  float16: "f16",
  bfloat16: "bf16",
  uint8: "uint8_t",
};
/** The element type in C++, inside namespace sigil. */
export const cppType = (type: ValueType): string => names[type];
export const isHalf = (type: ValueType): type is "float16" | "bfloat16" =>
  type === "float16" || type === "bfloat16";

/**
 * The element type that a Gemm multiplies: that of B, or, if B has codes, the 16-bit type of the
 * other operands, if any.
 */
export const elementOf = (
  problem: GemmProblem,
  operands: readonly CudaOperand[],
): "float32" | "float16" | "bfloat16" => {
  const { b } = gemmOperands(problem, operands);
  const types = b.quantized ? operands.map(({ type }) => type) : [b.type];
  return types.find(isHalf) ?? "float32";
};

/**
 * The longest run of elements, a power of two up to `most`, that is aligned to its size wherever
 * addresses are multiples of `steps` from the operand's start.
 */
export function alignedRun(operand: CudaOperand, steps: readonly number[], most: number): number {
  let run = most;
  while (run > 1 && [operand.offset, ...steps].some((step) => step % run !== 0)) run /= 2;
  return run;
}
