/**
 * What the native backend runs: the problems of the CPU's kernels as numbers and names, with scalar
 * expressions as bytecode. The compiler writes it, and @sigil/runtime-native reads it.
 */
import type { Extent, WeightStorage } from "./generated/plan.ts";

/** In the order of `Op` in runtime-native/native/kernels/table.h. */
export const nativeOperations = [
  "load",
  "constant",
  "copy",
  "add",
  "sub",
  "mul",
  "div",
  "max",
  "min",
  "add_operand",
  "mul_operand",
  "add_constant",
  "mul_constant",
  "max_constant",
  "min_constant",
  "neg",
  "abs",
  "sqrt",
  "exp",
  "tanh",
  "erf",
  "sigmoid",
  "log1p",
  "gelu",
  "gelu_tanh",
  "silu",
  "quick_gelu",
] as const;
export type NativeOperation = (typeof nativeOperations)[number];

/** Registers that code may use. */
export const nativeRegisters = 16;

/**
 * Register `target` becomes the operation of registers `a` and `b`; `b` is an operand's number for
 * `load` and the names that end in `_operand`, and `value` is the constant of those that end so.
 */
export type NativeCode = readonly [
  operation: NativeOperation,
  target: number,
  a: number,
  b: number,
  value?: number,
];

/** The compiler's StridedRows. */
export interface NativeRows {
  readonly stride: number;
  readonly first: number;
  readonly lines?: { readonly of: number; readonly stride: number };
  readonly period?: number;
}

/** Operands of an expression, as the compiler's EpilogueOperand and strided rows. */
export interface NativeOperand extends Partial<NativeRows> {
  readonly index: "column" | "element" | "periodic" | "scalar" | "strided";
}

/** Register 0 holds the value being finished, and the result when the code has run. */
export interface NativeExpression {
  readonly code: readonly NativeCode[];
  readonly operands: readonly NativeOperand[];
}

/** The fields are those of the compiler's problems. */
export type NativeKernel =
  | ({
      readonly family: "gemm";
      readonly rows: Extent;
      readonly columns: Extent;
      readonly depth: number;
      /** The storage of a weight, or a matrix that the run computes. */
      readonly b: WeightStorage | "activation";
      /** Rows are rounded to integers, each by its largest magnitude, and b is int8 as a whole. */
      readonly activations?: "int8";
      readonly a:
        | { readonly kind: "rows"; readonly stride: number }
        | {
            readonly kind: "patches" | "byte_patches";
            readonly channels: number;
            readonly height: number;
            readonly width: number;
            readonly patch: number;
            readonly gridHeight: number;
            readonly gridWidth: number;
          };
    } & NativeExpression)
  | {
      readonly family: "attention";
      readonly batch: Extent;
      readonly heads: number;
      readonly headSize: number;
      readonly queries: number;
      readonly keys: number;
      readonly queryStride: number;
      readonly keyStride: number;
      readonly valueStride: number;
      readonly sharedQuery: boolean;
      readonly scale: number;
      readonly mask: boolean;
      readonly probabilities: boolean;
    }
  | {
      readonly family: "row_reduce";
      readonly kind: "layer_norm" | "rms_norm" | "l2_normalize" | "mean";
      readonly rows: Extent;
      readonly width: number;
      readonly reduced?: number;
      readonly mask?: boolean;
      readonly epsilon: number;
    }
  | ({
      readonly family: "map";
      readonly rows: Extent;
      readonly width: number;
      readonly written?: NativeRows;
    } & NativeExpression);

/** Kernels by the names of the CPU's kernels. Native shares the plan of the CPU. */
export type NativeKernels = Readonly<Record<string, NativeKernel>>;
