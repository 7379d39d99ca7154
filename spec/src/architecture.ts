/** The form of the documents in `architectures/`: a model's graph as data. `schema/architecture.schema.json` describes each key. */

/** An integer expression over config fields, dimensions and loop indices: `image_size / patch_size` (division floors). */
export type DimensionExpression = string | number;

export interface ArchitectureWeight {
  /** Checkpoint name, relative to the scope's path; a leading `/` makes it absolute. */
  readonly name: string;
  readonly shape: readonly DimensionExpression[];
  /** Take only these rows of the tensor (packed in-projections). */
  readonly rows?: readonly [DimensionExpression, DimensionExpression];
}

export interface OpStep {
  readonly name: string;
  readonly op: string;
  readonly inputs?: readonly string[];
  readonly weights?: Readonly<Record<string, ArchitectureWeight>>;
  /** Numbers and strings; `$field` is the value of a config field or a dimension. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** The step exists only where this config field is true (`field`) or has this value (`field=value`), or with `!` before it, where that is not so. */
  readonly when?: string;
  /** Name of a list of outputs (`attentions`) that the value joins where the spec asks for it. */
  readonly collect?: string;
}

export interface BlockStep {
  readonly name: string;
  readonly block: string;
  /** Appended to the scope's path; `{i}` is the index of `repeat`. */
  readonly path?: string;
  readonly inputs: readonly string[];
  /** Apply the block this often, each time to the result of the last. */
  readonly repeat?: DimensionExpression;
  readonly when?: string;
  /** Name of a list of outputs (`hidden_states`) that what enters and each result join where the spec asks for it. */
  readonly collect?: string;
}

export type Step = OpStep | BlockStep;

export interface Block {
  readonly inputs: readonly string[];
  readonly steps: readonly Step[];
  readonly output: string;
}

export interface ArchitectureInput {
  readonly dtype: "float32" | "int32";
  readonly shape: readonly DimensionExpression[];
  /** What a run takes when it is not given: zeros, or 0, 1, 2, ... along the last axis. */
  readonly default?: "zeros" | "positions";
  /** The input exists only where this config field is true (`field`) or has this value (`field=value`), or with `!` before it, where that is not so; an op's optional inputs may name one that does not. */
  readonly when?: string;
  /** The checkpoint tensor that a runtime makes the input from. */
  readonly table?: ArchitectureWeight;
}

/** A graph that runs alone: a tower, or what joins them. */
export interface ArchitectureGraph {
  readonly name: string;
  readonly description?: string;
  /** The block of the config that plain field names refer to; absent for the config itself. */
  readonly config?: string;
  /** In a composition: the graph is part of the model only where this config field is true. */
  readonly when?: string;
  /** Sizes that a run chooses, and the entry of the spec's `batch` that bounds each. */
  readonly symbols: Readonly<Record<string, "image" | "text">>;
  readonly dimensions?: Readonly<Record<string, DimensionExpression>>;
  readonly inputs: Readonly<Record<string, ArchitectureInput>>;
  readonly blocks?: Readonly<Record<string, Block>>;
  readonly steps: readonly Step[];
  /** Output name to value name; `when` drops those whose step is switched off. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Several graphs that make one model, each a program of the plan. */
export interface ArchitectureComposition {
  readonly name: string;
  readonly description?: string;
  readonly programs: readonly (string | ArchitectureGraph)[];
}

export type Architecture = ArchitectureGraph | ArchitectureComposition;
