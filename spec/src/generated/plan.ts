// Generated from schema/plan.schema.json by scripts/generate-types.mjs.

/** A size known when the model is compiled, or a multiple of symbols that a run binds. */
export type Extent = {
  readonly factor: number;
  readonly symbols: readonly string[];
} | number;

/** An offset into the arena, which every run rewrites, or into the weights, which loading and `init` write. */
export interface Location {
  readonly space: "arena" | "weights";
  readonly offset: number;
  /** How much of it a kernel may touch, where a backend binds ranges. */
  readonly bytes?: number;
}

/** An input or output. */
export interface PlannedTensor {
  readonly name: string;
  /** uint8 pixels are bytes, 0 to 255. */
  readonly dtype: "float32" | "int32" | "uint8";
  readonly shape: readonly Extent[];
  /** How an output lies in the arena if not as its dtype: kernels read it too, and the runtime widens it. */
  readonly stored?: "float16" | "bfloat16";
  /** What an input holds when a caller leaves it out. */
  readonly default?: "zeros" | "positions";
  /** The checkpoint tensor that the runtime makes the input from. */
  readonly table?: string;
  readonly location?: Location;
}

/** Rows of a checkpoint tensor, seen as a matrix [shape[0], product of the rest]. */
export interface WeightPart {
  readonly tensor: string;
  readonly begin: number;
  readonly end: number;
  /** Columns are [channels, pixels] and meet bytes [pixels, channels]: loading multiplies each channel by its scale. Then it moves the channels last, or, with shifts, makes one number of each row: the sum of its values, rounded to storage, times their channel's shift. */
  readonly fold?: {
    readonly pixels: number;
    readonly scales: readonly number[];
    readonly storage: Storage;
    readonly shifts?: readonly number[];
  };
  /** The rows are a grid [height, width] that loading resamples: bicubically, or bilinearly with antialias. */
  readonly resample?: {
    readonly from: readonly [number, number];
    readonly to: readonly [number, number];
    readonly mode?: "bilinear";
  };
}

/** rows: row-major float32. panels: `width` rows at a time, each panel column by column, in `storage`; of `columns` columns where those are more than the weight's, the last ones zeros. Quantised, codes lie so, of 4 bits the first in the lower half of a byte; behind them, from a multiple of 16 bytes on, the scales in float32, panel by panel, each group by group; behind those, in the same order, the zero points in float32 if there are any. */
export type WeightLayout = {
  readonly kind: "panels";
  readonly width: number;
  readonly storage: WeightStorage;
  readonly columns?: number;
} | {
  readonly kind: "rows";
};

/** A weight operand: its parts stacked row by row, then laid out. */
export interface PlannedWeight {
  readonly offset: number;
  readonly bytes: number;
  readonly rows: number;
  readonly columns: number;
  readonly layout: WeightLayout;
  readonly parts: readonly WeightPart[];
}

/** Rows of a table, by the ids of an input: gathered by the host before the first launch, or, where `rows` is given, by launches, from the table among the program's weights. */
export interface PlannedGather {
  readonly input: string;
  readonly table: string;
  readonly count: Extent;
  readonly width: number;
  readonly target: Location;
  /** The rows of a table that launches gather from: ids must be below it, since no kernel checks them. */
  readonly rows?: number;
}

/** One call of a kernel. */
export interface PlannedLaunch {
  readonly kernel: string;
  readonly operands: readonly Location[];
  readonly extents: readonly Extent[];
  /** What threads of the CPU split among them; a kernel of another backend knows its own grid. */
  readonly units?: {
    readonly of: Extent;
    readonly per: number;
  };
  /** Transformers' module paths. */
  readonly origins: readonly string[];
}

/** A tower, or what joins the towers. */
export interface PlannedProgram {
  readonly name: string;
  /** Largest value of each symbol. */
  readonly symbols: Readonly<Record<string, number>>;
  readonly inputs: readonly PlannedTensor[];
  readonly outputs: readonly PlannedTensor[];
  readonly weights: readonly PlannedWeight[];
  readonly weightBytes: number;
  readonly arenaBytes: number;
  /** Scratch of one thread. */
  readonly scratchBytes: number;
  readonly gathers: readonly PlannedGather[];
  /** Run once when the weights are in place. */
  readonly init: readonly PlannedLaunch[];
  readonly launches: readonly PlannedLaunch[];
  readonly flops: number;
}

/** Element type of packed weights. */
export type Storage = "float32" | "float16" | "bfloat16";

/** Codes that stand for a number times the scale of their group. The number of 8 bits is the code, signed; that of 4 bits is the code less 8, or an entry of a book. With zero points, the group's zero point is subtracted from the number first. */
export interface QuantizedStorage {
  readonly bits: 4 | 8;
  /** Columns that share a scale, from the first one of a row on; the last group may be shorter. */
  readonly group: number;
  /** The 16 numbers of bitsandbytes' 4-bit types. */
  readonly book?: "nf4" | "fp4";
  /** Whether each group has a zero point: the number that stands for zero. */
  readonly zero_point?: boolean;
}

/** How the elements of a Gemm's weight lie in memory. */
export type WeightStorage = QuantizedStorage | Storage;

/** The class of @sigil/runtime that runs a plan; graph is for any other architecture document. */
export type PlanKind = "siglip" | "siglip-text" | "siglip-vision" | "siglip-image-classification" | "siglip2" | "siglip2-vision" | "siglip2-image-classification" | "graph";

/** What a runtime needs to run a compiled model. Offsets and sizes are bytes, shapes are in elements, activations are float32 unless a target stores them in 16 bits. */
export interface Plan {
  /** Version of this format. */
  readonly version: 1;
  /** Fingerprint of everything else (planDigest of @sigil/spec/shared): a plan that was changed is not run. */
  readonly digest: string;
  /** The spec's name. */
  readonly name: string;
  readonly kind: PlanKind;
  /** Name of the architecture document. */
  readonly architecture: string;
  readonly storage: Storage;
  /** The config, every default filled in. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Every checkpoint tensor that the model reads, with its shape. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** What stands before the names of `tensors` in the checkpoint; found from the names where absent. */
  readonly weightPrefix?: string;
  /** The checkpoint may hold other tensors than these. */
  readonly ignoreOtherWeights?: true;
  /** SHA-256 of the weights files by file name, where the spec names them: loading verifies them. */
  readonly sha256?: Readonly<Record<string, string>>;
  /** Parts of the model that run alone. */
  readonly programs: readonly PlannedProgram[];
}
