import type { Tower } from "./foreign-config.ts";
import type { TensorShapes } from "./timm-config.ts";

export interface ConfigOptions {
  /** Compile a config.json as this architecture, such as a single tower of a full model. */
  readonly architecture?: string;
  /**
   * Compile only one tower of the model in a config.json. The model may be a larger one that holds
   * a SigLIP tower (PaliGemma, LLaVA-OneVision). Other weights of its checkpoint are ignored.
   */
  readonly tower?: Tower;
  /**
   * Shapes of the checkpoint's tensors. They supply what the config of an unknown timm model lacks.
   */
  readonly shapes?: TensorShapes;
}

export interface ParseOptions extends ConfigOptions {
  /**
   * Path of the text. It names the model of a config.json, and paths in the text are relative to
   * it.
   */
  readonly file: string;
  /** Reads a file that the text refers to. Default: from the file system. */
  readonly readFile?: (path: string) => string;
}
