/** What a CUDA runtime needs to launch a kernel. */
import type { Extent } from "@sigil/spec";

/**
 * `portable`: sm_80 and up. `hopper`: sm_90a. Both have the same plan: only kernels and launch
 * geometry differ.
 */
export const cudaPaths = ["portable", "hopper"] as const;
export type CudaPath = (typeof cudaPaths)[number];

/** A tensor map that the runtime encodes once per launch and passes by value after the extents. */
export interface TensorMapSpec {
  readonly operand: number;
  /** Bytes from the operand's start. */
  readonly offset: number;
  readonly dtype: "float16" | "bfloat16" | "float32" | "uint8";
  /** Elements along each axis, innermost first. */
  readonly sizes: readonly Extent[];
  /** Bytes between neighbours along every axis but the innermost. */
  readonly strides: readonly number[];
  readonly box: readonly number[];
  readonly swizzle: "none" | "32" | "64" | "128";
}

/** A kernel of the same problem, whose tile suits sizes up to a bound. */
export interface SmallerKernel {
  /** The largest first extent that it is for: rows of a Gemm. */
  readonly upTo: number;
  readonly kernel: string;
}

export interface CudaKernel {
  /** Blocks along x, y and z: of / per, rounded up. */
  readonly grid: readonly { readonly of: Extent; readonly per: number }[];
  /** At most as many blocks along x as the card runs at once. */
  readonly persistent?: boolean;
  /** Blocks of a cluster along x; 1 when absent. */
  readonly cluster?: number;
  /** Of a block. */
  readonly threads: number;
  /** Dynamic shared memory of a block. */
  readonly sharedBytes: number;
  readonly tensorMaps: readonly TensorMapSpec[];
  /**
   * The kernel waits for its predecessors itself before it touches what they may, by some thread of
   * every launch at least, so it can be launched before they end (programmatic dependent launch).
   * Others must not be.
   */
  readonly programmatic?: boolean;
  /**
   * Kernels of the same problem for smaller sizes, by rising size. The first whose `upTo` is at
   * least the launch's first extent is launched instead.
   */
  readonly smaller?: readonly SmallerKernel[];
}
