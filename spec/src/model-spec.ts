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
 * A vision tower's config with every default filled in. The config of a NaFlex tower is that of
 * Siglip2VisionConfig: it has `num_patches` and no `image_size`.
 */
export type VisionConfig = SiglipVisionConfig & { readonly num_patches?: number };

/**
 * The config that an architecture is expanded with, in transformers' names. It lacks towers that
 * the architecture lacks.
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
 * With `uint8`, a byte x becomes (x * rescaleFactor - mean) / std. A single mean or deviation
 * applies to every channel.
 */
export type Pixels =
  | { readonly dtype: "float32" }
  | {
      readonly dtype: "uint8";
      readonly rescaleFactor: number;
      readonly imageMean: readonly number[];
      readonly imageStd: readonly number[];
    };

/** A validated and complete spec, from which the compiler starts. */
export interface ModelSpec {
  readonly name: string;
  /** Name of one of Sigil's architectures, or the absolute path of a document. */
  readonly architecture: string;
  readonly config: ModelConfig;
  /** Outputs to keep. Default: all. */
  readonly outputs?: readonly string[];
  /** Storage of matrices that match no rule of `quantize`, and of all other weights. */
  readonly storage: Storage;
  /** The first rule that matches a matrix says how it is stored. */
  readonly quantize?: readonly StorageRule[];
  /** The type that int8 matrices are multiplied with. Default: float32. */
  readonly activations?: "int8";
  /** Largest batches that memory is planned for. */
  readonly batch: { readonly image: number; readonly text: number };
  readonly textLength?: number;
  readonly imageSize?: { readonly height: number; readonly width: number };
  /** For NaFlex models: the most patches of a picture. */
  readonly maxNumPatches?: number;
  /** Return the hidden states of every layer, or of these layers. */
  readonly hiddenStates: boolean | readonly number[];
  readonly attentions: boolean | readonly number[];
  /** With "run-time", `imageSize` is the largest size. */
  readonly interpolatePosEncoding: boolean | "run-time";
  /** What `pixel_values` holds: normalised values, or bytes that the model normalises. */
  readonly pixels: Pixels;
  /** Hub id of the checkpoint. */
  readonly checkpoint?: string;
  /** Commit of the checkpoint. */
  readonly revision?: string;
  /** Licence of the checkpoint, in the words of its model card. */
  readonly license?: string;
  /** SHA-256 digests of its weights files, by file name. */
  readonly sha256?: Readonly<Record<string, string>>;
  /** The prefix of its tensor names in the file. It is found automatically if absent. */
  readonly weightPrefix?: string;
  /** Whether the file may hold tensors that the model does not read. */
  readonly ignoreOtherWeights?: true;
  readonly targets: SigilSpec["targets"];
  readonly emit: SigilSpec["emit"];
  readonly importExtension: SigilSpec["import_extension"];
  /** Measured choices for WebGPU kernels. */
  readonly tuning?: TuningTable;
  /** The file that the spec was read from. */
  readonly file: string;
}
