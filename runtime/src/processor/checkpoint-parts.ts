/**
 * Makes the image processor and the tokenizer of a checkpoint, chosen as transformers chooses them.
 */
import { imageProcessorConfig } from "../image/image-processor-config.ts";
import { imageProcessorFromConfig } from "../image/image-processor-from-config.ts";
import { SiglipImageProcessor } from "../image/siglip-image-processor.ts";
import { Siglip2ImageProcessor } from "../image/siglip2-image-processor.ts";
import { InputError } from "../model/input-error.ts";
import { tokenizerConfigOf, type TokenizerFiles } from "../tokenizer/config/merge.ts";
import { tokenizerFromJson } from "../tokenizer/json/json-tokenizer.ts";
import { SiglipTokenizer } from "../tokenizer/siglip-tokenizer.ts";
import type { AnyImageProcessor } from "./model-processor.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";

type Json = Readonly<Record<string, unknown>>;

/** The files of a checkpoint that say how pictures are prepared. */
export interface ImageProcessorFiles {
  readonly folder: string;
  readonly config: Json;
  readonly preprocessorConfig: Json | undefined;
  readonly processorConfig: Json | undefined;
}

/**
 * The image processor that the files of a checkpoint describe. Without such files it has
 * transformers' defaults, and the size in the config. Throws ImageError for invalid settings.
 */
export function imageProcessorOf(files: ImageProcessorFiles): AnyImageProcessor {
  const config = imageProcessorConfig(files);
  const naflex = String(files.config.model_type).startsWith("siglip2");
  if (config)
    return imageProcessorFromConfig(config, {
      own: naflex ? "Siglip2ImageProcessor" : "SiglipImageProcessor",
    });
  if (naflex) return new Siglip2ImageProcessor();
  const vision = (files.config.vision_config ?? files.config) as Json;
  const side = typeof vision.image_size === "number" ? vision.image_size : 224;
  return new SiglipImageProcessor({ size: { height: side, width: side } });
}

/**
 * The tokenizer that `tokenizer_class` asks for: SiglipTokenizer reads spiece.model, and any other
 * class reads tokenizer.json. If only one of the two files exists, that one is read. Throws
 * InputError if neither exists, and TokenizerError for damaged files.
 */
export function tokenizerOf(
  files: TokenizerFiles & {
    readonly folder: string;
    readonly tokenizerConfig: Json | undefined;
    readonly tokenizerJson: Json | undefined;
  },
  readSpiece: (() => Uint8Array) | undefined,
): Tokenizer {
  const { tokenizerJson } = files;
  const asked = files.tokenizerConfig?.tokenizer_class ?? "SiglipTokenizer";
  const plain = typeof asked === "string" && asked.replace(/Fast$/, "") === "SiglipTokenizer";
  if (readSpiece && (plain || !tokenizerJson))
    return SiglipTokenizer.fromSpiece(readSpiece(), tokenizerConfigOf(files));
  if (tokenizerJson) return tokenizerFromJson(tokenizerJson, tokenizerConfigOf(files));
  throw new InputError(`${files.folder}: expected spiece.model or tokenizer.json, found neither`);
}
