/** The types that emitters of kernels take and return. */
import type { Extent } from "@sigil/spec";
import type { CudaKernel } from "./kernel.ts";
import type { CudaOperand } from "./operands.ts";
import type { KernelText } from "./source.ts";

export interface EmitContext {
  readonly operands: readonly CudaOperand[];
  /** The largest value of each symbol: what tiles are chosen for. */
  readonly symbols: Readonly<Record<string, number>>;
}

export interface Emitted {
  readonly text: KernelText;
  /** How it is computed, for the comment above the kernel. */
  readonly choice: string;
  readonly kernel: CudaKernel;
  /** One `int` parameter each, after the pointers; the same on every path. */
  readonly extents: readonly Extent[];
}
