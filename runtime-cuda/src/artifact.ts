/** What `sigil compile --target cuda` generates. */
import type { Extent, Plan } from "@sigil/spec";

/**
 * portable: every device from compute capability 8.0; hopper: 9.0 alone. Same plan, other kernels.
 */
export type CudaPath = "portable" | "hopper";

/** A tensor map that a kernel takes after its operands and extents. */
export interface TensorMapSpec {
  /** Which operand it is a view of. */
  readonly operand: number;
  /** Bytes from the operand. */
  readonly offset: number;
  readonly dtype: "float16" | "bfloat16" | "float32" | "uint8";
  /** Elements, innermost first. */
  readonly sizes: readonly Extent[];
  /** Bytes, of all but the innermost. */
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

/** How a kernel is launched. */
export interface CudaKernel {
  /** Blocks along x, y, z: sizes over what a block takes, rounded up. */
  readonly grid: readonly { readonly of: Extent; readonly per: number }[];
  /** At most as many blocks along x as the device runs at once. */
  readonly persistent?: boolean;
  /** Blocks of a cluster, along x. */
  readonly cluster?: number;
  readonly threads: number;
  /** Dynamic shared memory. */
  readonly sharedBytes: number;
  readonly tensorMaps: readonly TensorMapSpec[];
  /**
   * It waits for the kernels ahead itself before it touches what they may, by some thread of every
   * launch at least, so it can be launched before they end.
   */
  readonly programmatic?: boolean;
  /**
   * Kernels of the same problem for smaller sizes, by rising size. The first whose `upTo` is at
   * least the launch's first extent is launched instead.
   */
  readonly smaller?: readonly SmallerKernel[];
}

export type CudaKernels = Readonly<Record<string, CudaKernel>>;

export interface CudaArtifact {
  readonly plan: Plan;
  /** By path; a path without kernels was not compiled. */
  readonly kernels: Readonly<Record<CudaPath, CudaKernels>>;
  /**
   * The binaries of each path, read when they are needed. Reject with a CudaError no-image where
   * they were not built.
   */
  readonly images: Readonly<Record<CudaPath, () => Promise<Uint8Array>>>;
}
