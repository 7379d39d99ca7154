// Generated from schema/architecture.schema.json by scripts/generate-types.mjs.

/** A whole number, or an expression of names and numbers with + - * / and parentheses, such as `image_size / patch_size`. Division rounds down. */
export type DimensionExpression = string | number;

/** Which class of the runtime runs the model. Default graph: a class that takes the inputs and returns the outputs under their own names. */
export type ArchitectureKind = "siglip" | "siglip-text" | "siglip-vision" | "siglip-image-classification" | "siglip2" | "siglip2-vision" | "siglip2-image-classification" | "graph";

/** A tensor of the checkpoint. */
export interface ArchitectureWeight {
  /** The name of the tensor, relative to the path of the block. A leading / makes it absolute. */
  readonly name: string;
  /** The shape of the whole tensor. [] is a scalar. */
  readonly shape: readonly DimensionExpression[];
  /** Two row numbers, first and end: the weight is the rows from first up to, but not including, end. For one part of a packed projection. */
  readonly rows?: readonly [DimensionExpression, DimensionExpression];
}

/** An input of the graph. */
export interface ArchitectureInput {
  /** The element type. Only normalize_pixels reads uint8, the bytes of pictures. */
  readonly dtype: "float32" | "int32" | "uint8";
  /** The size of each axis: a symbol, or a number, dimension, config field or expression of these. */
  readonly shape: readonly DimensionExpression[];
  /** The values if a caller leaves the input out: zeros, or positions (0, 1, 2, ... along the last axis). Without a default, a run needs the input. */
  readonly default?: "zeros" | "positions";
  readonly when?: string;
  /** The tensor of the checkpoint that the runtime makes the input from. */
  readonly table?: ArchitectureWeight;
}

/** A step that applies one operation. */
export interface OpStep {
  /** The name of the value that the step computes. */
  readonly name: string;
  /** The operation, such as linear or layer_norm. docs/operations.md lists all. */
  readonly op: string;
  /** The names of the values that the step reads, in order. */
  readonly inputs?: readonly string[];
  /** The tensors of the checkpoint by their role, such as weight and bias. */
  readonly weights?: Readonly<Record<string, ArchitectureWeight>>;
  /** The attributes of the operation. `$name` stands for the value of a config field or a dimension. */
  readonly attributes?: Readonly<Record<string, string | number | boolean | readonly number[]>>;
  readonly when?: string;
  /** The list of outputs to which the value is appended if the spec asks for that list. */
  readonly collect?: "hidden_states" | "attentions";
}

/** A step that applies a block once, or `repeat` times. */
export interface BlockStep {
  /** The name of the value that the step computes. */
  readonly name: string;
  /** The name of the block. */
  readonly block: string;
  /** The path that is appended to the path of weights for those inside the block. {i} stands for the index of the repetition, from 0. */
  readonly path?: string;
  /** The names of the values that the step reads, in order. */
  readonly inputs: readonly string[];
  /** How often the block is applied, each time to the previous result. Default 1. */
  readonly repeat?: DimensionExpression;
  readonly when?: string;
  /** The list of outputs to which the value is appended if the spec asks for that list. */
  readonly collect?: "hidden_states" | "attentions";
}

/** A step: one operation (`op`), or a block (`block`). */
export type Step = BlockStep | OpStep;

/** Steps that can be applied more than once, with inputs of their own. */
export interface Block {
  /** The names that the block's steps use for its inputs, in order. */
  readonly inputs: readonly string[];
  /** The steps, in the order in which they are computed. */
  readonly steps: readonly Step[];
  /** The name of the value that the block returns. */
  readonly output: string;
}

/** A block that changes the steps of another. A step with the name of an inherited step replaces it. Steps listed before such a step are inserted before it. Steps after the last such step are added at the end. */
export interface BlockVariant {
  /** The name of a block in a document that this one extends or uses. */
  readonly extends: string;
  readonly inputs?: readonly string[];
  readonly steps?: readonly Step[];
  readonly output?: string;
}

/** A graph that inherits from another what it does not state itself. Its inputs, dimensions and blocks replace the inherited ones of the same name. Its steps change the inherited steps as in a block variant. Its outputs replace all inherited outputs. */
export interface ArchitectureVariant {
  readonly name: string;
  readonly description?: string;
  /** The graph that is inherited: one of Sigil's architectures by name, such as siglip-vision, or the path of a document, such as ./tower.json. */
  readonly extends: string;
  readonly kind?: ArchitectureKind;
  readonly uses?: readonly string[];
  readonly config?: string;
  readonly path?: string;
  readonly when?: string;
  readonly symbols?: Readonly<Record<string, "image" | "text">>;
  readonly dimensions?: Readonly<Record<string, DimensionExpression>>;
  readonly inputs?: Readonly<Record<string, ArchitectureInput>>;
  /** The blocks, by name: steps that can be applied more than once. */
  readonly blocks?: Readonly<Record<string, BlockVariant | Block>>;
  readonly steps?: readonly Step[];
  readonly outputs?: Readonly<Record<string, string>>;
}

/** A graph that runs on its own: a tower, or the part that joins the towers. */
export interface ArchitectureGraph {
  /** The name of the graph or the model. */
  readonly name: string;
  /** A description for readers. */
  readonly description?: string;
  readonly kind?: ArchitectureKind;
  /** Other documents whose blocks this one may apply: Sigil's architectures by name, or paths such as ./blocks.json. A block of this document takes precedence over one of the same name, inside their blocks too. */
  readonly uses?: readonly string[];
  /** The part of the config that plain field names refer to, such as vision_config. Default: the config itself. */
  readonly config?: string;
  /** The path that is put before the name of every weight without a leading /, such as visual.trunk. Use it if the graph is a module of a larger model. */
  readonly path?: string;
  readonly when?: string;
  /** The sizes that each run chooses, by name, with the entry of the spec's `batch` that is the largest value of each. */
  readonly symbols: Readonly<Record<string, "image" | "text">>;
  /** Sizes by name. Each is a number or an expression of config fields and other dimensions. */
  readonly dimensions?: Readonly<Record<string, DimensionExpression>>;
  /** The inputs of a run, by name. */
  readonly inputs: Readonly<Record<string, ArchitectureInput>>;
  /** The blocks, by name: steps that can be applied more than once. */
  readonly blocks?: Readonly<Record<string, BlockVariant | Block>>;
  /** The steps, in the order in which they are computed. */
  readonly steps: readonly Step[];
  /** The outputs: for each name, the name of the value that is returned. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Several graphs that make one model. Each becomes a program of the plan. */
export interface ArchitectureComposition {
  /** The name of the graph or the model. */
  readonly name: string;
  /** A description for readers. */
  readonly description?: string;
  readonly kind?: ArchitectureKind;
  /** The graphs of the model: Sigil's architectures by name, paths of documents such as ./tower.json, or graphs written here. Each runs on its own, in its own memory. */
  readonly programs: readonly (string | ArchitectureVariant | ArchitectureGraph)[];
}

/** The architecture of a model as data: one graph (inputs, steps, outputs), a variant of one (extends), or several graphs that make one model (programs). */
export type Architecture = ArchitectureComposition | ArchitectureVariant | ArchitectureGraph;
