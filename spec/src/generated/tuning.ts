// Generated from schema/tuning.schema.json by scripts/generate-types.mjs.

/** What was measured on an adapter of a class. */
export interface TunedClass {
  /** What the adapter calls itself. */
  readonly adapter: string;
  /** Gemms whose B is a weight. */
  readonly gemm: readonly TunedGemm[];
  /** Attentions. */
  readonly attention: readonly TunedAttention[];
  /** Norms. */
  readonly rowReduce: readonly TunedRowReduce[];
}

/** A Gemm of these sizes, and how it is computed. */
export interface TunedGemm {
  /** Rows of the largest batch. */
  readonly rows: number;
  /** Columns of C. */
  readonly columns: number;
  /** Products in each sum. */
  readonly depth: number;
  /** Whether A is a matrix or gathered from pictures. */
  readonly input: "rows" | "patches" | "byte_patches";
  /** Element type of B. */
  readonly storage: "float32" | "float16" | "bfloat16";
  readonly config: TunedGemmConfig;
  /** What it took. */
  readonly microseconds?: number;
  /** What Sigil's own choice took, in turns with it. */
  readonly defaultMicroseconds?: number;
}

/** How a Gemm is divided. */
export interface TunedGemmConfig {
  /** Threads of a workgroup along columns and rows. */
  readonly threads: readonly [number, number];
  /** Four columns each, of a thread. */
  readonly quads: number;
  /** Rows of a thread. */
  readonly rows: number;
  /** Quads of the depth that wait in workgroup memory; 0 reads both matrices straight from storage. */
  readonly staged: number;
  /** Whether threads each load other rows of A and broadcast them within a subgroup: for `staged` 0 and threads along columns alone. Without subgroups the entry is not used. */
  readonly broadcast?: boolean;
  /** Whether float16 weights are read as f16 where the device has shader-f16, which they are unless this says no. */
  readonly f16?: boolean;
}

/** An attention of these sizes, and how it is computed. Of several entries that fit, the one that says most is taken. How far apart rows of queries, keys and values lie and what scores are multiplied by change no division; values are float32 whatever weights are stored as. */
export interface TunedAttention {
  /** Queries of a head. */
  readonly queries: number;
  /** Keys of a head. */
  readonly keys: number;
  /** Channels of a head. */
  readonly headSize: number;
  /** Heads of the largest batch, all items together; any number if absent. */
  readonly heads?: number;
  /** Whether a mask is added to the scores; either if absent. */
  readonly mask?: boolean;
  /** Whether the attention map is an output too; either if absent. */
  readonly probabilities?: boolean;
  readonly config: TunedAttentionConfig;
  /** What it took. */
  readonly microseconds?: number;
  /** What Sigil's own choice took, in turns with it. */
  readonly defaultMicroseconds?: number;
}

/** A norm of this width, and how it is computed. */
export interface TunedRowReduce {
  /** What is computed. */
  readonly kind: "layer_norm" | "rms_norm" | "l2_normalize";
  /** Rows of the largest batch. */
  readonly rows: number;
  /** Elements of a row. */
  readonly width: number;
  readonly config: TunedReduceConfig;
  /** What it took. */
  readonly microseconds?: number;
  /** What Sigil's own choice took, in turns with it. */
  readonly defaultMicroseconds?: number;
}

/** How an attention is divided. */
export interface TunedAttentionConfig {
  /** A workgroup per query (row), or a thread per query (flash). */
  readonly kind: "row" | "flash";
  /** Threads of a workgroup. */
  readonly threads: number;
  /** Of flash: keys and values that wait in workgroup memory at a time, a multiple of 4; 0 (if absent) reads them straight from storage. */
  readonly keys?: number;
  /** Of row: whether subgroups reduce where the device has them, which they do unless this says no. */
  readonly subgroups?: boolean;
}

/** How rows are divided. */
export interface TunedReduceConfig {
  /** Threads that share a row, a power of two. */
  readonly lanes: 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128 | 256;
  /** Whether subgroups reduce where the device has them, which they do unless this says no. */
  readonly subgroups?: boolean;
}

/** What `sigil tune` measured: how the WebGPU kernels of a spec's problems are best computed, by class of adapter. Problems that it lacks are computed as Sigil's own table says. */
export interface TuningTable {
  /** Version of this format. */
  readonly version: 1;
  /** By class of adapter. */
  readonly classes: {
    /** Cards, and Apple's GPUs. */
    readonly desktop?: TunedClass;
    /** GPUs that are part of a processor. */
    readonly integrated?: TunedClass;
    /** GPUs of phones. */
    readonly mobile?: TunedClass;
    /** Adapters that compute on the CPU. */
    readonly software?: TunedClass;
  };
}
