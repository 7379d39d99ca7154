// Generated from schema/tuning.schema.json by scripts/generate-types.mjs.

/** The results on one adapter. */
export interface TunedClass {
  /** The description that the adapter gives of itself. */
  readonly adapter: string;
  /** Matrix products C = A B whose B is a weight. */
  readonly gemm: readonly TunedGemm[];
  /** Attentions. */
  readonly attention: readonly TunedAttention[];
  /** Norms. */
  readonly rowReduce: readonly TunedRowReduce[];
}

/** A matrix product C = A B of these sizes, and its fastest configuration. */
export interface TunedGemm {
  /** The number of rows with the largest batch. */
  readonly rows: number;
  /** The number of columns of C. */
  readonly columns: number;
  /** The number of products in each sum: the columns of A. */
  readonly depth: number;
  /** Whether A is a matrix (rows), or is gathered from float32 pictures (patches) or from bytes of pictures (byte_patches). */
  readonly input: "rows" | "patches" | "byte_patches";
  /** The element type of B. */
  readonly storage: "float32" | "float16" | "bfloat16";
  readonly config: TunedGemmConfig;
  /** The time of this configuration in microseconds. */
  readonly microseconds?: number;
  /** The time of Sigil's own choice in microseconds, measured in turns with it. */
  readonly defaultMicroseconds?: number;
}

/** How a matrix product is divided among threads. */
export interface TunedGemmConfig {
  /** The threads of a workgroup: [along columns, along rows], at most 256 in all. */
  readonly threads: readonly [number, number];
  /** How many groups of four columns each thread computes, from 1 to 16. */
  readonly quads: number;
  /** How many rows each thread computes, from 1 to 32. */
  readonly rows: number;
  /** How many groups of four products are staged in workgroup memory at a time, at most 32. 0 reads both matrices directly from storage buffers. */
  readonly staged: number;
  /** Whether each thread loads different rows of A and broadcasts them within its subgroup. Only if `staged` is 0 and all threads are along columns. A device without subgroups does not use the entry. Default false. */
  readonly broadcast?: boolean;
  /** Whether float16 weights are read as f16 if the device has shader-f16. Default true. */
  readonly f16?: boolean;
}

/** An attention of these sizes, and its fastest configuration. If several entries fit, the one with the most fields is taken. Values are float32, however weights are stored. */
export interface TunedAttention {
  /** The number of queries of a head. */
  readonly queries: number;
  /** The number of keys of a head. */
  readonly keys: number;
  /** The number of channels of a head. */
  readonly headSize: number;
  /** The number of heads with the largest batch, of all its items together. Default: any number. */
  readonly heads?: number;
  /** Whether a mask is added to the scores. Default: fits both. */
  readonly mask?: boolean;
  /** Whether the attention map is an output too. Default: fits both. */
  readonly probabilities?: boolean;
  readonly config: TunedAttentionConfig;
  /** The time of this configuration in microseconds. */
  readonly microseconds?: number;
  /** The time of Sigil's own choice in microseconds, measured in turns with it. */
  readonly defaultMicroseconds?: number;
}

/** A norm of this width, and its fastest configuration. */
export interface TunedRowReduce {
  /** The kind of norm. */
  readonly kind: "layer_norm" | "rms_norm" | "l2_normalize";
  /** The number of rows with the largest batch. */
  readonly rows: number;
  /** The number of elements of a row. */
  readonly width: number;
  readonly config: TunedReduceConfig;
  /** The time of this configuration in microseconds. */
  readonly microseconds?: number;
  /** The time of Sigil's own choice in microseconds, measured in turns with it. */
  readonly defaultMicroseconds?: number;
}

/** How an attention is divided among threads. */
export interface TunedAttentionConfig {
  /** row: a workgroup computes one query. flash: a thread computes one query. */
  readonly kind: "row" | "flash";
  /** The number of threads of a workgroup. */
  readonly threads: number;
  /** For flash: how many keys and values are staged in workgroup memory at a time, a multiple of 4. 0 reads them directly from storage buffers. Default 0. */
  readonly keys?: number;
  /** For row: whether subgroups reduce sums and maxima if the device has them. Default true. */
  readonly subgroups?: boolean;
}

/** How rows are divided among threads. */
export interface TunedReduceConfig {
  /** How many threads share a row: a power of two up to 256. */
  readonly lanes: 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128 | 256;
  /** Whether subgroups reduce sums if the device has them. Default true. */
  readonly subgroups?: boolean;
}

/** The results of `sigil tune`: which configuration of each WebGPU kernel of a spec is fastest, by class of adapter. Sigil chooses by its own table for kernels that are not listed. */
export interface TuningTable {
  /** The version of this format: 1. */
  readonly version: 1;
  /** The results by class of adapter. */
  readonly classes: {
    /** Graphics cards, and Apple's GPUs. */
    readonly desktop?: TunedClass;
    /** GPUs that are part of a processor. */
    readonly integrated?: TunedClass;
    /** GPUs of phones. */
    readonly mobile?: TunedClass;
    /** Adapters that compute on the CPU. */
    readonly software?: TunedClass;
  };
}
