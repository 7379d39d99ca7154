/**
 * The compiled artifact's manifest, `plan.json`: what a runtime needs to run a model, and nothing about how it was found.
 * Offsets and sizes are bytes, shapes are in elements, every activation is float32.
 */

/** A size known when the model is compiled, or a multiple of symbols that a run binds (`image_batch`, `text_batch`). */
export type Extent = number | { readonly factor: number; readonly symbols: readonly string[] };

export type Storage = "float32" | "float16" | "bfloat16";

/** Where a launch reads or writes: an offset into the arena (rewritten by every run) or the weights (written by loading and `init`). */
export interface Location {
  readonly space: "arena" | "weights";
  readonly offset: number;
}

/**
 * How a weight lies in memory. `rows`: row-major float32. `panels`: a `[rows, columns]` matrix cut into panels of `width`
 * rows, each stored column by column (`[rows / width][columns][width]`, the last panel padded with zeros), in `storage`.
 */
export type WeightLayout =
  | { readonly kind: "rows" }
  | { readonly kind: "panels"; readonly width: number; readonly storage: Storage };

/** Rows `begin` to `end` of a checkpoint tensor, seen as a matrix `[shape[0], product of the rest]`. */
export interface WeightPart {
  readonly tensor: string;
  readonly begin: number;
  readonly end: number;
  /** The rows are a grid `from` [height, width] that loading resamples to `to` (bicubic, a = -0.75, edges clamped, no antialias). */
  readonly resample?: { readonly from: readonly [number, number]; readonly to: readonly [number, number] };
}

/** One weight operand: its parts are stacked row by row (packed q, k, v), then laid out. A vector is `[1, n]` parts of columns. */
export interface PlannedWeight {
  readonly offset: number;
  readonly bytes: number;
  readonly rows: number;
  readonly columns: number;
  readonly layout: WeightLayout;
  readonly parts: readonly WeightPart[];
}

/** Embedding rows are gathered by the host before the first launch, so that a table is never held or bound whole. */
export interface PlannedGather {
  readonly input: string;
  readonly table: string;
  readonly count: Extent;
  readonly width: number;
  readonly target: Location;
}

/** `units` pieces of independent work; a kernel takes `[begin, end)` of them, so threads share a launch by splitting it. */
export interface PlannedLaunch {
  readonly kernel: string;
  readonly operands: readonly Location[];
  readonly extents: readonly Extent[];
  readonly units: { readonly of: Extent; readonly per: number };
  /** The places in the model that this launch computes: transformers' module paths. */
  readonly origins: readonly string[];
}

export interface PlannedTensor {
  readonly name: string;
  readonly dtype: "float32" | "int32";
  readonly shape: readonly Extent[];
  /** What an input holds when a caller leaves it out: zeros, or 0, 1, 2, ... along the last axis. */
  readonly default?: "zeros" | "positions";
  /** The checkpoint tensor that the runtime makes this input from. */
  readonly table?: string;
  /** Absent for an input that only a gather reads. */
  readonly location?: Location;
}

/** A part of the model that runs alone in memory of its own: a tower, or what joins them. */
export interface PlannedProgram {
  readonly name: string;
  /** Largest value of each symbol that the arena was planned for; larger batches are split. */
  readonly symbols: Readonly<Record<string, number>>;
  readonly inputs: readonly PlannedTensor[];
  readonly outputs: readonly PlannedTensor[];
  readonly weights: readonly PlannedWeight[];
  readonly weightBytes: number;
  readonly arenaBytes: number;
  /** Scratch of one thread. */
  readonly scratchBytes: number;
  readonly gathers: readonly PlannedGather[];
  /** Run once when the weights are in place: they write what only weights decide, among the weights. */
  readonly init: readonly PlannedLaunch[];
  readonly launches: readonly PlannedLaunch[];
  readonly flops: number;
}

/** The class of @sigil/runtime that runs a plan; `graph` is for any other architecture document. */
export type PlanKind = "siglip" | "siglip-text" | "siglip-vision" | "siglip-image-classification" | "graph";

export interface Plan {
  readonly version: 1;
  readonly name: string;
  readonly kind: PlanKind;
  readonly architecture: string;
  readonly storage: Storage;
  readonly config: Readonly<Record<string, unknown>>;
  /** Every checkpoint tensor that the model reads, with its shape. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly programs: readonly PlannedProgram[];
}
