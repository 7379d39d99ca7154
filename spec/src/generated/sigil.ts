// Generated from schema/sigil.schema.json by scripts/generate-types.mjs.

/** A float type; int8, a scale for each row; int4, one for each 32 columns; nf4 and fp4, bitsandbytes' blocks of 64 weights; or a quantisation in full. */
export type StorageChoice = "float32" | "float16" | "bfloat16" | "int8" | "int4" | "nf4" | "fp4" | {
  /** Bits of a code. */
  readonly bits: 4 | 8;
  /** Columns that share a scale; the whole row when absent. */
  readonly group?: number;
  /** The 16 numbers that codes of 4 bits stand for; evenly spaced ones when absent. */
  readonly book?: "nf4" | "fp4";
  /** Whether the columns that share a scale also share a zero point, for weights that are not spread evenly around zero. */
  readonly zero_point?: boolean;
};

/** What to compile: a SigLIP model and what its config does not say. Every default is filled in. */
export interface SigilSpec {
  /** Location of this schema, for editors. */
  readonly $schema?: string;
  /** Name of the compiled model: lower-case letters, digits, '.', '_' and '-'. */
  readonly name: string;
  /** siglip, siglip-text, siglip-vision, siglip-image-classification, siglip2, siglip2-vision, siglip2-image-classification (the last three NaFlex), open-clip, open-clip-text, open-clip-vision, timm-vit, idefics-vision, or the path of an architecture document (./x.json). */
  readonly architecture: string;
  /** The model's config, or the path of a config.json. */
  readonly config: Readonly<Record<string, unknown>> | string;
  /** Outputs that the compiled model has; all when absent. */
  readonly outputs?: readonly string[];
  /** How weights are stored; arithmetic is float32. A quantised storage is that of matrices, and the rest is float32. */
  readonly storage: StorageChoice;
  /** How single matrices are stored, by patterns of their checkpoint names, in which * stands for anything; the first that matches counts. Matrices of no pattern are stored as `storage` says. */
  readonly quantize?: Readonly<Record<string, StorageChoice>>;
  /** What matrices stored as int8, a scale for each row, are multiplied by: float32, or int8, each row of the activations quantised by its largest magnitude. Faster and less exact. The target cpu has such kernels, the others do not. */
  readonly activations: "float32" | "int8";
  /** Largest batches that memory is planned for; larger ones are split. */
  readonly batch: {
    /** Most images in one run. */
    readonly image: number;
    /** Most texts in one run. */
    readonly text: number;
  };
  /** Tokens in a text; max_position_embeddings when absent. */
  readonly text_length?: number;
  /** Image size to compile for; the config's image_size when absent. */
  readonly image_size?: {
    /** Height in pixels. */
    readonly height: number;
    /** Width in pixels. */
    readonly width: number;
  };
  /** Patches of the largest picture, of a NaFlex model; what the checkpoint's image processor has when absent, where config is the path of its config.json, else num_patches. */
  readonly max_num_patches?: number;
  /** Hub id of the checkpoint, such as google/siglip-base-patch16-224. */
  readonly checkpoint?: string;
  /** Commit of the checkpoint, which generated files name. */
  readonly revision?: string;
  /** Licence of the checkpoint as its model card has it, which generated files name. */
  readonly license?: string;
  /** SHA-256 of the checkpoint's weights files by file name; a file with another one is not loaded. */
  readonly sha256?: Readonly<Record<string, string>>;
  /** What stands before the names of the model's tensors in the checkpoint, such as `vision_tower.`; found from the names where absent. */
  readonly weight_prefix?: string;
  /** Whether the checkpoint may hold tensors that the model does not read, as a larger model's does. */
  readonly ignore_other_weights: boolean;
  /** Backends to compile for. */
  readonly targets: readonly ("cpu" | "webgpu" | "cuda")[];
  /** Language of the generated module: JavaScript with declarations of its types, or TypeScript. */
  readonly emit: "js" | "ts";
  /** How files of a TypeScript module name each other: as ./cpu.js, ./cpu.ts or ./cpu. */
  readonly import_extension: "js" | "ts" | "none";
  /** Path of a tuning table that `sigil tune` wrote, for the target webgpu. */
  readonly tuning?: string;
  /** Also return hidden states: of every layer (the embeddings first), or of these. */
  readonly hidden_states: boolean | readonly number[];
  /** Also return attention weights: of every layer, or of these. */
  readonly attentions: boolean | readonly number[];
  /** Resample the position embedding: to image_size when compiling (true), or to each picture's size when running, image_size being the largest ("run-time"). */
  readonly interpolate_pos_encoding: false | true | "run-time";
  /** What pixel_values holds: normalised values, [batch, channels, height, width], or the bytes of resized pictures, [batch, height, width, channels], which the model then rescales and normalises itself. */
  readonly pixels: "float32" | "uint8";
  /** What bytes are multiplied by first, where pixels are uint8. If this, image_mean or image_std is absent, the processor_config.json or preprocessor_config.json beside the config says it, where config is a path; a config inside the spec lies beside nothing, so SigLIP's 1/255, 0.5 and 0.5 stand (sigil init writes the checkpoint's). */
  readonly rescale_factor: number;
  /** What is subtracted then: one value for every channel, or one for each. */
  readonly image_mean: readonly number[];
  /** What is divided by last: one value for every channel, or one for each. */
  readonly image_std: readonly number[];
}

/** SigilSpec as written: what has a default may be absent. */
export interface SigilSpecInput {
  /** Location of this schema, for editors. */
  readonly $schema?: string;
  /** Name of the compiled model: lower-case letters, digits, '.', '_' and '-'. */
  readonly name: string;
  /** siglip, siglip-text, siglip-vision, siglip-image-classification, siglip2, siglip2-vision, siglip2-image-classification (the last three NaFlex), open-clip, open-clip-text, open-clip-vision, timm-vit, idefics-vision, or the path of an architecture document (./x.json). */
  readonly architecture: string;
  /** The model's config, or the path of a config.json. */
  readonly config: Readonly<Record<string, unknown>> | string;
  /** Outputs that the compiled model has; all when absent. */
  readonly outputs?: readonly string[];
  /** How weights are stored; arithmetic is float32. A quantised storage is that of matrices, and the rest is float32. */
  readonly storage?: StorageChoice;
  /** How single matrices are stored, by patterns of their checkpoint names, in which * stands for anything; the first that matches counts. Matrices of no pattern are stored as `storage` says. */
  readonly quantize?: Readonly<Record<string, StorageChoice>>;
  /** What matrices stored as int8, a scale for each row, are multiplied by: float32, or int8, each row of the activations quantised by its largest magnitude. Faster and less exact. The target cpu has such kernels, the others do not. */
  readonly activations?: "float32" | "int8";
  /** Largest batches that memory is planned for; larger ones are split. */
  readonly batch?: {
    /** Most images in one run. */
    readonly image?: number;
    /** Most texts in one run. */
    readonly text?: number;
  };
  /** Tokens in a text; max_position_embeddings when absent. */
  readonly text_length?: number;
  /** Image size to compile for; the config's image_size when absent. */
  readonly image_size?: {
    /** Height in pixels. */
    readonly height: number;
    /** Width in pixels. */
    readonly width: number;
  };
  /** Patches of the largest picture, of a NaFlex model; what the checkpoint's image processor has when absent, where config is the path of its config.json, else num_patches. */
  readonly max_num_patches?: number;
  /** Hub id of the checkpoint, such as google/siglip-base-patch16-224. */
  readonly checkpoint?: string;
  /** Commit of the checkpoint, which generated files name. */
  readonly revision?: string;
  /** Licence of the checkpoint as its model card has it, which generated files name. */
  readonly license?: string;
  /** SHA-256 of the checkpoint's weights files by file name; a file with another one is not loaded. */
  readonly sha256?: Readonly<Record<string, string>>;
  /** What stands before the names of the model's tensors in the checkpoint, such as `vision_tower.`; found from the names where absent. */
  readonly weight_prefix?: string;
  /** Whether the checkpoint may hold tensors that the model does not read, as a larger model's does. */
  readonly ignore_other_weights?: boolean;
  /** Backends to compile for. */
  readonly targets?: readonly ("cpu" | "webgpu" | "cuda")[];
  /** Language of the generated module: JavaScript with declarations of its types, or TypeScript. */
  readonly emit?: "js" | "ts";
  /** How files of a TypeScript module name each other: as ./cpu.js, ./cpu.ts or ./cpu. */
  readonly import_extension?: "js" | "ts" | "none";
  /** Path of a tuning table that `sigil tune` wrote, for the target webgpu. */
  readonly tuning?: string;
  /** Also return hidden states: of every layer (the embeddings first), or of these. */
  readonly hidden_states?: boolean | readonly number[];
  /** Also return attention weights: of every layer, or of these. */
  readonly attentions?: boolean | readonly number[];
  /** Resample the position embedding: to image_size when compiling (true), or to each picture's size when running, image_size being the largest ("run-time"). */
  readonly interpolate_pos_encoding?: false | true | "run-time";
  /** What pixel_values holds: normalised values, [batch, channels, height, width], or the bytes of resized pictures, [batch, height, width, channels], which the model then rescales and normalises itself. */
  readonly pixels?: "float32" | "uint8";
  /** What bytes are multiplied by first, where pixels are uint8. If this, image_mean or image_std is absent, the processor_config.json or preprocessor_config.json beside the config says it, where config is a path; a config inside the spec lies beside nothing, so SigLIP's 1/255, 0.5 and 0.5 stand (sigil init writes the checkpoint's). */
  readonly rescale_factor?: number;
  /** What is subtracted then: one value for every channel, or one for each. */
  readonly image_mean?: readonly number[];
  /** What is divided by last: one value for every channel, or one for each. */
  readonly image_std?: readonly number[];
}
