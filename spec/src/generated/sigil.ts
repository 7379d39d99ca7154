// Generated from schema/sigil.schema.json by scripts/generate-types.mjs.

/** A float type (float32, float16, bfloat16), the name of a quantisation, or an object that describes one. int8 has a scale for each row, and int4 for each 32 columns of a row. nf4 and fp4 are the 4-bit types of bitsandbytes, with a scale for each 64 weights. */
export type StorageChoice = "float32" | "float16" | "bfloat16" | "int8" | "int4" | "nf4" | "fp4" | {
  /** The bits of a code: 4 or 8. */
  readonly bits: 4 | 8;
  /** The number of neighbouring columns that share a scale. Default: the whole row. */
  readonly group?: number;
  /** For 4 bits: the 16 numbers that the codes stand for, those of bitsandbytes' nf4 or fp4. Default: evenly spaced numbers. */
  readonly book?: "nf4" | "fp4";
  /** Whether the columns that share a scale also share a zero point, for weights that are not spread evenly around zero. Not with `book`. Default false. */
  readonly zero_point?: boolean;
};

/** What to compile: a SigLIP model, and settings that its config does not have. Every default is filled in. */
export interface SigilSpec {
  /** The path or URL of this schema, for editors. */
  readonly $schema?: string;
  /** The name of the compiled model: lower-case letters, digits, '.', '_' and '-', beginning with a letter or digit. The generated class is named after it: my-siglip becomes MySiglip. */
  readonly name: string;
  /** The architecture of the model. SigLIP: siglip (both towers), siglip-vision, siglip-text or siglip-image-classification. SigLIP 2 NaFlex: siglip2, siglip2-vision or siglip2-image-classification. Other checkpoints: open-clip, open-clip-vision, open-clip-text, timm-vit or idefics-vision. Or the path of an architecture document, such as ./my-tower.json, relative to this file. */
  readonly architecture: string;
  /** The config of the model as an object, or the path of a config.json, relative to this file. */
  readonly config: Readonly<Record<string, unknown>> | string;
  /** The outputs that the compiled model has, such as pooler_output. Default: all. */
  readonly outputs?: readonly string[];
  /** How weights are stored. A quantisation is for matrices, and other weights are then float32. Default float32. */
  readonly storage: StorageChoice;
  /** How single matrices are stored. A key is a pattern of tensor names in the checkpoint, in which * matches anything. The first pattern that matches decides. Matrices that match none are stored as `storage` says. */
  readonly quantize?: Readonly<Record<string, StorageChoice>>;
  /** What int8 matrices with one scale for each row are multiplied by. With int8, each row of the activations is rounded to 8 bits by its largest magnitude, which is faster and less exact, and the only target may be cpu. Default float32. */
  readonly activations: "float32" | "int8";
  /** The largest batches that memory is planned for. A larger batch runs in parts. Default 4 images and 16 texts. */
  readonly batch: {
    /** The most images in one run. Default 4. */
    readonly image: number;
    /** The most texts in one run. Default 16. */
    readonly text: number;
  };
  /** The number of tokens to which texts are padded or cut, at most max_position_embeddings of the config. Default: max_position_embeddings. */
  readonly text_length?: number;
  /** The size of pictures in pixels. Another size than the config's needs interpolate_pos_encoding. Default: image_size of the config. NaFlex models have max_num_patches instead. */
  readonly image_size?: {
    /** The height in pixels, at least patch_size of the config. */
    readonly height: number;
    /** The width in pixels, at least patch_size of the config. */
    readonly width: number;
  };
  /** For NaFlex models (siglip2): the number of patches of the largest picture. Compute grows with it. Default: if config is a path, the setting of the image processor beside it, else num_patches of the config. */
  readonly max_num_patches?: number;
  /** The Hub id of the checkpoint, such as google/siglip-base-patch16-224. Generated files name it. Default: known if config is in the Hugging Face cache. */
  readonly checkpoint?: string;
  /** The commit of the checkpoint on the Hub. Generated files name it. Default: known if config is in the Hugging Face cache. */
  readonly revision?: string;
  /** The licence of the checkpoint, such as apache-2.0. Generated files name it. Default: that of the model card beside config. */
  readonly license?: string;
  /** The SHA-256 of each weights file, by file name: 64 lower-case hexadecimal digits. A file with another digest is not loaded. */
  readonly sha256?: Readonly<Record<string, string>>;
  /** The prefix that the names of the model's tensors have in the checkpoint of a larger model, such as `vision_tower.`. Default: found from the names. */
  readonly weight_prefix?: string;
  /** Whether the checkpoint may contain any tensors that the model does not read, like that of a larger model. Default false: it may only contain other SigLIP modules, such as the other tower. */
  readonly ignore_other_weights: boolean;
  /** The backends to compile for: cpu (WebAssembly and native), webgpu, cuda. Default ["cpu"]. */
  readonly targets: readonly ("cpu" | "webgpu" | "cuda")[];
  /** The language of the generated module: js (JavaScript with type declarations) or ts (TypeScript). Default js. */
  readonly emit: "js" | "ts";
  /** How the files of a TypeScript module import each other: js for ./cpu.js, ts for ./cpu.ts, none for ./cpu. Default js. */
  readonly import_extension: "js" | "ts" | "none";
  /** The path of a tuning table that `sigil tune` wrote, relative to this file. Only the target webgpu uses it. */
  readonly tuning?: string;
  /** Whether to return hidden states too: true for all, or a list of layers. 0 is the embeddings, and n is the output of the nth layer. Default false. */
  readonly hidden_states: boolean | readonly number[];
  /** Whether to return attention weights too: true for those of all layers, or a list of layers, counted from 0. Default false. */
  readonly attentions: boolean | readonly number[];
  /** Whether to resample the position embedding: true for pictures of image_size, or "run-time" for pictures of any size up to image_size. Default false. */
  readonly interpolate_pos_encoding: false | true | "run-time";
  /** What pixel_values contains. float32: normalised values, [batch, channels, height, width]. uint8: the bytes of resized pictures, [batch, height, width, channels], which the model itself normalises: (byte * rescale_factor - image_mean) / image_std. Default float32. */
  readonly pixels: "float32" | "uint8";
  /** The number that bytes are multiplied by if pixels is uint8. Default: if config is a path, the setting in the processor_config.json or preprocessor_config.json beside it, else 1/255. */
  readonly rescale_factor: number;
  /** The mean that is subtracted after rescaling if pixels is uint8: one value for all channels, or one for each. Default: found like rescale_factor, else 0.5. */
  readonly image_mean: readonly number[];
  /** The standard deviation that is divided by last if pixels is uint8: one value for all channels, or one for each. Default: found like rescale_factor, else 0.5. */
  readonly image_std: readonly number[];
}

/** SigilSpec as written: what has a default may be absent. */
export interface SigilSpecInput {
  /** The path or URL of this schema, for editors. */
  readonly $schema?: string;
  /** The name of the compiled model: lower-case letters, digits, '.', '_' and '-', beginning with a letter or digit. The generated class is named after it: my-siglip becomes MySiglip. */
  readonly name: string;
  /** The architecture of the model. SigLIP: siglip (both towers), siglip-vision, siglip-text or siglip-image-classification. SigLIP 2 NaFlex: siglip2, siglip2-vision or siglip2-image-classification. Other checkpoints: open-clip, open-clip-vision, open-clip-text, timm-vit or idefics-vision. Or the path of an architecture document, such as ./my-tower.json, relative to this file. */
  readonly architecture: string;
  /** The config of the model as an object, or the path of a config.json, relative to this file. */
  readonly config: Readonly<Record<string, unknown>> | string;
  /** The outputs that the compiled model has, such as pooler_output. Default: all. */
  readonly outputs?: readonly string[];
  /** How weights are stored. A quantisation is for matrices, and other weights are then float32. Default float32. */
  readonly storage?: StorageChoice;
  /** How single matrices are stored. A key is a pattern of tensor names in the checkpoint, in which * matches anything. The first pattern that matches decides. Matrices that match none are stored as `storage` says. */
  readonly quantize?: Readonly<Record<string, StorageChoice>>;
  /** What int8 matrices with one scale for each row are multiplied by. With int8, each row of the activations is rounded to 8 bits by its largest magnitude, which is faster and less exact, and the only target may be cpu. Default float32. */
  readonly activations?: "float32" | "int8";
  /** The largest batches that memory is planned for. A larger batch runs in parts. Default 4 images and 16 texts. */
  readonly batch?: {
    /** The most images in one run. Default 4. */
    readonly image?: number;
    /** The most texts in one run. Default 16. */
    readonly text?: number;
  };
  /** The number of tokens to which texts are padded or cut, at most max_position_embeddings of the config. Default: max_position_embeddings. */
  readonly text_length?: number;
  /** The size of pictures in pixels. Another size than the config's needs interpolate_pos_encoding. Default: image_size of the config. NaFlex models have max_num_patches instead. */
  readonly image_size?: {
    /** The height in pixels, at least patch_size of the config. */
    readonly height: number;
    /** The width in pixels, at least patch_size of the config. */
    readonly width: number;
  };
  /** For NaFlex models (siglip2): the number of patches of the largest picture. Compute grows with it. Default: if config is a path, the setting of the image processor beside it, else num_patches of the config. */
  readonly max_num_patches?: number;
  /** The Hub id of the checkpoint, such as google/siglip-base-patch16-224. Generated files name it. Default: known if config is in the Hugging Face cache. */
  readonly checkpoint?: string;
  /** The commit of the checkpoint on the Hub. Generated files name it. Default: known if config is in the Hugging Face cache. */
  readonly revision?: string;
  /** The licence of the checkpoint, such as apache-2.0. Generated files name it. Default: that of the model card beside config. */
  readonly license?: string;
  /** The SHA-256 of each weights file, by file name: 64 lower-case hexadecimal digits. A file with another digest is not loaded. */
  readonly sha256?: Readonly<Record<string, string>>;
  /** The prefix that the names of the model's tensors have in the checkpoint of a larger model, such as `vision_tower.`. Default: found from the names. */
  readonly weight_prefix?: string;
  /** Whether the checkpoint may contain any tensors that the model does not read, like that of a larger model. Default false: it may only contain other SigLIP modules, such as the other tower. */
  readonly ignore_other_weights?: boolean;
  /** The backends to compile for: cpu (WebAssembly and native), webgpu, cuda. Default ["cpu"]. */
  readonly targets?: readonly ("cpu" | "webgpu" | "cuda")[];
  /** The language of the generated module: js (JavaScript with type declarations) or ts (TypeScript). Default js. */
  readonly emit?: "js" | "ts";
  /** How the files of a TypeScript module import each other: js for ./cpu.js, ts for ./cpu.ts, none for ./cpu. Default js. */
  readonly import_extension?: "js" | "ts" | "none";
  /** The path of a tuning table that `sigil tune` wrote, relative to this file. Only the target webgpu uses it. */
  readonly tuning?: string;
  /** Whether to return hidden states too: true for all, or a list of layers. 0 is the embeddings, and n is the output of the nth layer. Default false. */
  readonly hidden_states?: boolean | readonly number[];
  /** Whether to return attention weights too: true for those of all layers, or a list of layers, counted from 0. Default false. */
  readonly attentions?: boolean | readonly number[];
  /** Whether to resample the position embedding: true for pictures of image_size, or "run-time" for pictures of any size up to image_size. Default false. */
  readonly interpolate_pos_encoding?: false | true | "run-time";
  /** What pixel_values contains. float32: normalised values, [batch, channels, height, width]. uint8: the bytes of resized pictures, [batch, height, width, channels], which the model itself normalises: (byte * rescale_factor - image_mean) / image_std. Default float32. */
  readonly pixels?: "float32" | "uint8";
  /** The number that bytes are multiplied by if pixels is uint8. Default: if config is a path, the setting in the processor_config.json or preprocessor_config.json beside it, else 1/255. */
  readonly rescale_factor?: number;
  /** The mean that is subtracted after rescaling if pixels is uint8: one value for all channels, or one for each. Default: found like rescale_factor, else 0.5. */
  readonly image_mean?: readonly number[];
  /** The standard deviation that is divided by last if pixels is uint8: one value for all channels, or one for each. Default: found like rescale_factor, else 0.5. */
  readonly image_std?: readonly number[];
}
