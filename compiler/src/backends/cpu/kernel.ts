/** The types that emitters of kernels take and return. */
import type { Extent, WeightLayout } from "@sigil/spec";
import type { MultiplyAdd } from "./tile.ts";
import { FunctionWriter, type Variable } from "./wat/function-writer.ts";
import { i32, type I32 } from "./wat/nodes.ts";

/**
 * What a runtime has to know of a kernel. The function's parameters are the operand pointers,
 * extents, scratch, begin and end, all i32.
 */
export interface CpuKernel {
  readonly name: string;
  readonly units: { readonly of: Extent; readonly per: number };
  /** Passed as arguments in this order. */
  readonly extents: readonly Extent[];
  readonly scratchBytes: number;
  /** Per operand; only a weight has one. */
  readonly layouts: readonly (WeightLayout | undefined)[];
}

export interface Emitted extends Omit<CpuKernel, "name"> {
  readonly wat: string;
  /** How it is computed, for the comment above the kernel. */
  readonly choice: string;
}

export interface EmitOptions {
  readonly madd: MultiplyAdd;
}

/** The function of a kernel while it is written, with its parameters declared. */
export interface KernelWriter {
  readonly f: FunctionWriter;
  readonly operands: readonly Variable<"i32">[];
  /** The value of an extent: a constant, or the parameter that carries it. */
  readonly extent: (extent: Extent) => I32;
  readonly scratch: Variable<"i32">;
  readonly begin: Variable<"i32">;
  readonly end: Variable<"i32">;
}

/** Declares a kernel. `extents` are the sizes that only a run knows. */
export function kernelWriter(
  name: string,
  operandNames: readonly string[],
  sizes: readonly Extent[],
): KernelWriter & { readonly extents: readonly Extent[] } {
  const f = new FunctionWriter(name, { exported: true });
  const operands = operandNames.map((operand) => f.param("i32", operand));
  const extents = sizes.filter((size) => typeof size !== "number");
  const carried = extents.map((_, i) => f.param("i32", `extent${i}`));
  const [scratch, begin, end] = [
    f.param("i32", "scratch"),
    f.param("i32", "begin"),
    f.param("i32", "end"),
  ];
  return {
    f,
    operands,
    extents,
    scratch,
    begin,
    end,
    extent: (size) =>
      typeof size === "number" ? i32.const(size) : carried[extents.indexOf(size)]!,
  };
}

export const roundUp = (value: number, multiple: number): number =>
  Math.ceil(value / multiple) * multiple;
/** a * constant, in bytes or elements. */
export const times = (x: I32, factor: number): I32 => i32.mul(x, i32.const(factor));
export const plus = (x: I32, constant: number): I32 => i32.add(x, i32.const(constant));
