/** What `select` chooses from: one entry per class of adapter. */
import type {
  AdapterKind,
  KernelFeature,
  TunedClass,
  TunedGemmConfig,
  TuningTable,
} from "@sigil/spec";

export type GemmConfig = TunedGemmConfig;

export interface Tuning {
  /** Largest first; the first that the problem's rows fill at least half is taken. */
  readonly gemm: readonly GemmConfig[];
  /**
   * Threads, each with a query, and keys that wait in workgroup memory at a time; 0 reads them
   * straight from storage.
   */
  readonly attention: { readonly queries: number; readonly keys: number };
  /** Threads that share a row of a reduction. */
  readonly rowLanes: number;
  /** What shaders may use. */
  readonly features: readonly KernelFeature[];
  /** Taken before anything else for the problems that it names. */
  readonly measured?: Pick<TunedClass, "gemm" | "attention" | "rowReduce">;
}

const gemm = (
  threads: readonly [number, number],
  quads: number,
  rows: number,
  staged: number,
  broadcast = false,
): GemmConfig => ({ threads, quads, rows, staged, ...(broadcast && { broadcast }) });

/**
 * 64x64 outputs from 8x8 threads are 64 multiply-adds for every 4 vectors read from workgroup
 * memory, and take 9 KiB of the 16 that
 * every adapter has; the smaller classes hold fewer sums in registers. None of these three was
 * measured on hardware yet. A
 * software adapter, measured on lavapipe, has no cheap workgroup memory: it runs threads as vector
 * lanes, which should share rows.
 */
export const tuningTable: Readonly<Record<AdapterKind, Omit<Tuning, "features" | "measured">>> = {
  desktop: {
    gemm: [
      gemm([8, 8], 2, 8, 4),
      gemm([8, 8], 2, 4, 4),
      gemm([16, 4], 1, 2, 4),
      gemm([64, 1], 1, 1, 0),
    ],
    attention: { queries: 64, keys: 16 },
    rowLanes: 64,
  },
  integrated: {
    gemm: [
      gemm([8, 8], 2, 4, 4),
      gemm([8, 8], 1, 4, 4),
      gemm([16, 4], 1, 2, 4),
      gemm([64, 1], 1, 1, 0),
    ],
    attention: { queries: 64, keys: 16 },
    rowLanes: 32,
  },
  mobile: {
    gemm: [gemm([8, 8], 1, 4, 4), gemm([16, 4], 1, 2, 4), gemm([64, 1], 1, 1, 0)],
    attention: { queries: 64, keys: 8 },
    rowLanes: 32,
  },
  software: {
    gemm: [gemm([8, 1], 1, 8, 0, true), gemm([8, 1], 1, 6, 0), gemm([8, 1], 1, 1, 0)],
    attention: { queries: 8, keys: 0 },
    rowLanes: 1,
  },
};

/** The tuning of a class for devices with these features, with what a table says of it. */
export function tuningOf(
  kind: AdapterKind,
  features: readonly KernelFeature[],
  table?: TuningTable,
): Tuning {
  const measured = table?.classes[kind];
  return { ...tuningTable[kind], features, ...(measured && { measured }) };
}
