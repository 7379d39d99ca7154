/** The parts of a generated `.cu`, as text: names, constants, types and kernels. */
import type { PatchRows } from "../../kernels/problem.ts";
import { cppType, isHalf, type CudaOperand } from "./operands.ts";

/** A float literal that reads back as the nearest float32. */
export function floatLiteral(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`internal: ${value} has no literal`);
  const text = String(Math.fround(value));
  const literal = `${/[.e]/.test(text) ? text : `${text}.0`}f`;
  return value < 0 ? `(${literal})` : literal;
}

/** An instance of a template. */
export const instance = (
  template: string,
  ...parameters: readonly (string | number | boolean)[]
): string => `${template}<${parameters.join(", ")}>`;

/** The C++ type that reads `run` elements of a patch at a time; see gemm/gather_copy.cuh. */
export function patchesType(
  { kind, channels, height, width, patch, gridHeight, gridWidth }: PatchRows,
  pictures: CudaOperand,
  run: number,
): string {
  const sizes = [channels, height, width, patch, gridHeight, gridWidth, run];
  return kind === "byte_patches"
    ? instance("BytePatches", ...sizes)
    : instance("Patches", cppType(pictures.type), ...sizes);
}

/** A parameter of a kernel. */
export interface Parameter {
  readonly type: string;
  readonly name: string;
}

/** Operand pointers as parameters, no two of which overlap. */
export const pointer = ({ type, written }: CudaOperand, name: string): Parameter => ({
  type: `${written ? "" : "const "}${isHalf(type) ? "sigil::" : ""}${cppType(type)}* __restrict__`,
  name,
});
export const count = (name: string): Parameter => ({ type: "int", name });

export const tensorMap = (name: string): Parameter => ({
  type: "SIGIL_GRID_CONSTANT const sigil::TensorMap",
  name,
});

export interface KernelText {
  /** Skeletons, relative to runtime-cuda/device. */
  readonly includes: readonly string[];
  readonly threads: number;
  /** Blocks that one multiprocessor should hold: bounds the registers. */
  readonly blocks: number;
  /** Types of this kernel, in a namespace of its own with `sigil` in scope. */
  readonly declarations: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly statements: readonly string[];
}

/**
 * The file's text from the first include on. Everything but the kernel is in a namespace, so that
 * many such files can be one translation unit.
 */
export function kernelSource(
  name: string,
  { includes, threads, blocks, declarations, parameters, statements }: KernelText,
): string {
  const parts = `${name}_parts`;
  return [
    ...includes.map((file) => `#include "${file}"`),
    "",
    `namespace ${parts} {`,
    "using namespace sigil;",
    ...declarations,
    `}  // namespace ${parts}`,
    "",
    `SIGIL_KERNEL(${name}, ${threads}, ` +
      `${blocks})(${parameters.map((p) => `${p.type} ${p.name}`).join(", ")}) {`,
    `  using namespace ${parts};`,
    ...statements.map((statement) => `  ${statement}`),
    "}",
    `SIGIL_EXPORT(${name})`,
    "",
  ].join("\n");
}
