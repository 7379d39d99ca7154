import type { Tower } from "./foreign-config.ts";
import type { TensorShapes } from "./timm-config.ts";

export interface ConfigOptions {
  /** Compile a config.json as this architecture, such as one tower of a full model. */
  readonly architecture?: string;
  /**
   * Compile one tower of a config.json's model, which may be a larger one that holds a SigLIP tower
   * (PaliGemma, LLaVA-OneVision). Other weights of its checkpoint are then left alone.
   */
  readonly tower?: Tower;
  /**
   * Shapes of the checkpoint's tensors, which say what the config of a timm trunk of an unknown
   * name does not.
   */
  readonly shapes?: TensorShapes;
}

export interface ParseOptions extends ConfigOptions {
  /**
   * Path of the text: names the model of a config.json, and other paths in the text are relative to
   * it.
   */
  readonly file: string;
  /** Reads a file that the text refers to; the file system by default. */
  readonly readFile?: (path: string) => string;
}
