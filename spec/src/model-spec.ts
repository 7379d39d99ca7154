import type { Storage } from "./generated/plan.ts";
import type { SigilSpec } from "./generated/sigil.ts";
import type { SiglipConfig } from "./generated/siglip.ts";
import type { SiglipTextConfig } from "./generated/siglip-text.ts";
import type { TuningTable } from "./generated/tuning.ts";
import type { SiglipVisionConfig } from "./generated/siglip-vision.ts";
import type { StorageRule } from "./storage-rules.ts";

/** A text tower's config with every default filled in and `projection_size` resolved. */
export type TextConfig = SiglipTextConfig & { readonly projection_size: number };

/**
 * A vision tower's config with every default filled in. A NaFlex tower's is Siglip2VisionConfig's:
 * it has `num_patches`, and no `image_size`.
 */
export type VisionConfig = SiglipVisionConfig & { readonly num_patches?: number };

/**
 * The config that an architecture is expanded with, in transformers' names; a tower that the
 * architecture lacks is absent.
 */
export interface ModelConfig {
  readonly text_config?: TextConfig;
  readonly vision_config?: VisionConfig;
  readonly num_labels: number;
  readonly id2label: Readonly<Record<string, string>>;
  readonly label2id: Readonly<Record<string, number>>;
  readonly problem_type: SiglipConfig["problem_type"];
  readonly [key: string]: unknown;
}

/**
 * `uint8`: what happens to a byte x of a channel is (x * rescaleFactor - mean) / std; one mean and
 * one deviation stand for those of every channel.
 */
export type Pixels =
  | { readonly dtype: "float32" }
  | {
      readonly dtype: "uint8";
      readonly rescaleFactor: number;
      readonly imageMean: readonly number[];
      readonly imageStd: readonly number[];
    };

/** A validated spec, complete: what the compiler starts from. */
export interface ModelSpec {
  readonly name: string;
  /** Name of one of Sigil's architectures, or the absolute path of a document. */
  readonly architecture: string;
  readonly config: ModelConfig;
  /** Outputs to keep; all when absent. */
  readonly outputs?: readonly string[];
  /** Of matrices that no rule of `quantize` fits, and of everything that is none. */
  readonly storage: Storage;
  /** The first that fits a matrix says how it is stored. */
  readonly quantize?: readonly StorageRule[];
  /** What matrices in int8 are multiplied by; float32 when absent. */
  readonly activations?: "int8";
  /** Largest batches that memory is planned for. */
  readonly batch: { readonly image: number; readonly text: number };
  readonly textLength?: number;
  readonly imageSize?: { readonly height: number; readonly width: number };
  /** Of a NaFlex model: patches of the largest picture. */
  readonly maxNumPatches?: number;
  /** Every layer's, or those of these layers. */
  readonly hiddenStates: boolean | readonly number[];
  readonly attentions: boolean | readonly number[];
  /** "run-time": `imageSize` is the largest. */
  readonly interpolatePosEncoding: boolean | "run-time";
  /** What `pixel_values` holds: normalised values, or bytes that the model makes them from. */
  readonly pixels: Pixels;
  /** Hub id of the checkpoint. */
  readonly checkpoint?: string;
  /** Commit of the checkpoint. */
  readonly revision?: string;
  /** Licence of the checkpoint, in the words of its model card. */
  readonly license?: string;
  /** SHA-256 of its weights files by file name. */
  readonly sha256?: Readonly<Record<string, string>>;
  /** What stands before the names of its tensors in the file; found where it is absent. */
  readonly weightPrefix?: string;
  /** The file may hold tensors that the model does not read. */
  readonly ignoreOtherWeights?: true;
  readonly targets: SigilSpec["targets"];
  readonly emit: SigilSpec["emit"];
  readonly importExtension: SigilSpec["import_extension"];
  /** How WebGPU kernels are computed, where it was measured. */
  readonly tuning?: TuningTable;
  /** The file that the spec was read from. */
  readonly file: string;
}
