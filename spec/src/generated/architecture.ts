// Generated from schema/architecture.schema.json by scripts/generate-types.mjs.

/** An integer, or an expression over names: + - * / (division floors) and parentheses, such as `image_size / patch_size`. */
export type DimensionExpression = string | number;

/** The class of the runtime that runs it; absent, one that takes the inputs and gives the outputs under their own names. */
export type ArchitectureKind = "siglip" | "siglip-text" | "siglip-vision" | "siglip-image-classification" | "siglip2" | "siglip2-vision" | "siglip2-image-classification" | "graph";

/** A checkpoint tensor. */
export interface ArchitectureWeight {
  /** Its name, relative to the path of the block; a leading / makes it absolute. */
  readonly name: string;
  /** Its whole shape; [] is a scalar. */
  readonly shape: readonly DimensionExpression[];
  /** Take only the rows from the first of these to before the second, as of a packed projection. */
  readonly rows?: readonly [DimensionExpression, DimensionExpression];
}

/** An input of the graph. */
export interface ArchitectureInput {
  /** Element type; uint8, bytes of pictures, for normalize_pixels alone. */
  readonly dtype: "float32" | "int32" | "uint8";
  /** Sizes: symbols, dimensions, config fields and numbers. */
  readonly shape: readonly DimensionExpression[];
  /** What a run takes when it is not given: zeros, or 0, 1, 2, ... along the last axis. */
  readonly default?: "zeros" | "positions";
  readonly when?: string;
  /** The checkpoint tensor that a runtime makes the input from. */
  readonly table?: ArchitectureWeight;
}

/** One operation. */
export interface OpStep {
  /** Name of the value that it computes. */
  readonly name: string;
  /** A primitive operation of the compiler, such as linear or layer_norm. */
  readonly op: string;
  /** Names of the values that it reads, in order. */
  readonly inputs?: readonly string[];
  /** Checkpoint tensors by their role, such as weight and bias. */
  readonly weights?: Readonly<Record<string, ArchitectureWeight>>;
  /** What else the operation needs; `$name` is the value of a config field or a dimension. */
  readonly attributes?: Readonly<Record<string, string | number | boolean | readonly number[]>>;
  readonly when?: string;
  /** A list of outputs that the values join where the spec asks for it. */
  readonly collect?: "hidden_states" | "attentions";
}

/** A block applied once, or `repeat` times. */
export interface BlockStep {
  /** Name of the value that it computes. */
  readonly name: string;
  /** A block of this document. */
  readonly block: string;
  /** Appended to the path of weights inside a block; {i} is the index of `repeat`. */
  readonly path?: string;
  /** Names of the values that it reads, in order. */
  readonly inputs: readonly string[];
  /** Apply the block this often, each time to the result of the last. */
  readonly repeat?: DimensionExpression;
  readonly when?: string;
  /** A list of outputs that the values join where the spec asks for it. */
  readonly collect?: "hidden_states" | "attentions";
}

/** One operation (`op`), or a block (`block`). */
export type Step = BlockStep | OpStep;

/** Steps with inputs of their own. */
export interface Block {
  /** Names by which its steps know what they are given. */
  readonly inputs: readonly string[];
  /** What is computed, in order. */
  readonly steps: readonly Step[];
  /** Name of the value that the block gives. */
  readonly output: string;
}

/** A block with other steps: one with the name of a step there takes its place, what stands before it here comes before it, and what follows the last comes last. */
export interface BlockVariant {
  /** A block of the document that this one extends or uses. */
  readonly extends: string;
  readonly inputs?: readonly string[];
  readonly steps?: readonly Step[];
  readonly output?: string;
}

/** A graph that is another one but for what it states: inputs, dimensions and blocks replace those of their names, steps as in a block, outputs all of them. */
export interface ArchitectureVariant {
  readonly name: string;
  readonly description?: string;
  /** The graph: the name of one of Sigil's architectures, or the path of a document (./x.json). */
  readonly extends: string;
  readonly kind?: ArchitectureKind;
  readonly uses?: readonly string[];
  readonly config?: string;
  readonly path?: string;
  readonly when?: string;
  readonly symbols?: Readonly<Record<string, "image" | "text">>;
  readonly dimensions?: Readonly<Record<string, DimensionExpression>>;
  readonly inputs?: Readonly<Record<string, ArchitectureInput>>;
  /** Steps that are used more than once, by name. */
  readonly blocks?: Readonly<Record<string, BlockVariant | Block>>;
  readonly steps?: readonly Step[];
  readonly outputs?: Readonly<Record<string, string>>;
}

/** A graph that runs alone: a tower, or what joins them. */
export interface ArchitectureGraph {
  /** Name of the graph or the model. */
  readonly name: string;
  /** What it is, for readers. */
  readonly description?: string;
  readonly kind?: ArchitectureKind;
  /** Documents whose blocks this one may apply beside its own: names of Sigil's architectures, or paths (./x.json). A block of its own goes before another's of the same name, inside blocks of theirs too. */
  readonly uses?: readonly string[];
  /** The block of the config that plain field names refer to, such as vision_config; absent for the config itself. */
  readonly config?: string;
  /** Before the name of every weight that has no leading /, and a dot: where this graph's module stands in a larger one. */
  readonly path?: string;
  readonly when?: string;
  /** Sizes that a run chooses, and the entry of the spec's `batch` that bounds each. */
  readonly symbols: Readonly<Record<string, "image" | "text">>;
  /** Named sizes, each an expression over config fields and other dimensions. */
  readonly dimensions?: Readonly<Record<string, DimensionExpression>>;
  /** What a run is given. */
  readonly inputs: Readonly<Record<string, ArchitectureInput>>;
  /** Steps that are used more than once, by name. */
  readonly blocks?: Readonly<Record<string, BlockVariant | Block>>;
  /** What is computed, in order. */
  readonly steps: readonly Step[];
  /** Output name to the name of a value. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Several graphs that make one model, each a program of the plan. */
export interface ArchitectureComposition {
  /** Name of the graph or the model. */
  readonly name: string;
  /** What it is, for readers. */
  readonly description?: string;
  readonly kind?: ArchitectureKind;
  /** The graphs of a model: names of Sigil's architectures, paths of documents (./x.json), or graphs written here. Each runs alone, in memory of its own. */
  readonly programs: readonly (string | ArchitectureVariant | ArchitectureGraph)[];
}

/** A model's graph as data: one graph (inputs, steps, outputs), or several that make one model (programs). */
export type Architecture = ArchitectureComposition | ArchitectureVariant | ArchitectureGraph;
