/** Pipelines for pages: a compiled module and the URL of its checkpoint, without the compiler. */
import { decodeImageBlob } from "../image/decode/decode-browser.ts";
import { imageProcessorConfig } from "../image/image-processor-config.ts";
import { imageProcessorFromConfig } from "../image/image-processor-from-config.ts";
import { ImageError, type ImageArray, type RawImage } from "../image/raw-image.ts";
import type { Tensor } from "../model/program.ts";
import type { SiglipForImageClassification } from "../model/siglip-for-image-classification.ts";
import type { SiglipModel } from "../model/siglip-model.ts";
import type { SiglipVisionInputs } from "../model/run-vision.ts";
import type { SiglipTextInputs } from "../model/siglip-text-model.ts";
import type { Blob } from "../platform.ts";
import {
  ModelProcessor,
  type ProcessorParts,
  type ProcessorTarget,
} from "../processor/model-processor.ts";
import { tokenizerConfigOf } from "../tokenizer/config/merge.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { cachedSource } from "../weights/cache/cached-source.ts";
import { WeightsError } from "../weights/error.ts";
import { openSafetensors } from "../weights/safetensors.ts";
import { urlSource } from "../weights/url-source.ts";
import type { WeightSource } from "../weights/weight-source.ts";
import { parsePythonJson } from "@sigil/spec/shared";
import {
  classificationPipeline,
  imageFeaturePipeline,
  textFeaturePipeline,
  zeroShotPipeline,
  type ClassificationPipeline,
  type FeaturePipeline,
  type PipelineParts,
  type ZeroShotPipeline,
} from "./tasks.ts";

export type {
  ClassificationPipeline,
  FeatureOptions,
  FeaturePipeline,
  ZeroShotPipeline,
} from "./tasks.ts";

/** A URL, a file, or a decoded picture. */
export type PagePicture = string | URL | Blob | RawImage | ImageArray;

/** A class that `sigil compile` wrote. */
export interface CompiledModule<Model, Options> extends ProcessorTarget<object> {
  load(weights: WeightSource, options?: Options): Promise<Model & { dispose(): Promise<void> }>;
}

export interface PagePipelineOptions {
  /** Keep the weights for the next visit. Default true. */
  readonly cache?: boolean;
}

/**
 * Zero-shot classification with a compiled module and the URL of its checkpoint's folder. Files are
 * fetched when they are needed, and weights by byte ranges. Throws WeightsError for missing files.
 */
export async function zeroShotImageClassification<Options>(
  module: CompiledModule<SiglipModel, Options>,
  address: string | URL,
  options?: Options & PagePipelineOptions,
): Promise<ZeroShotPipeline<PagePicture>> {
  return zeroShotPipeline(await open(module, address, options));
}

/**
 * Classification by the labels of a fine-tuned classifier. Otherwise like {@link
 * zeroShotImageClassification}.
 */
export async function imageClassification<Options>(
  module: CompiledModule<SiglipForImageClassification, Options>,
  address: string | URL,
  options?: Options & PagePipelineOptions,
): Promise<ClassificationPipeline<PagePicture>> {
  return classificationPipeline(await open(module, address, options));
}

/** Embeddings of pictures. Otherwise like {@link zeroShotImageClassification}. */
export async function imageFeatures<Options>(
  module: CompiledModule<
    { getImageFeatures(inputs: SiglipVisionInputs): Promise<Tensor> },
    Options
  >,
  address: string | URL,
  options?: Options & PagePipelineOptions,
): Promise<FeaturePipeline<PagePicture>> {
  return imageFeaturePipeline(await open(module, address, options));
}

interface TextTower {
  getTextFeatures(inputs: SiglipTextInputs): Promise<Tensor>;
}

/** Embeddings of texts. Otherwise like {@link zeroShotImageClassification}. */
export async function textFeatures<Options>(
  module: CompiledModule<TextTower, Options>,
  address: string | URL,
  options?: Options & PagePipelineOptions,
): Promise<FeaturePipeline<string>> {
  return textFeaturePipeline(
    (await open(module, address, options)) as PipelineParts<TextTower, never>,
  );
}

async function open<Model, Options>(
  module: CompiledModule<Model, Options>,
  address: string | URL,
  { cache = true, ...options }: Options & PagePipelineOptions = {} as Options & PagePipelineOptions,
): Promise<PipelineParts<Model, PagePicture>> {
  // A folder's address need not end as one, nor name its host.
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  const folder = new URL(`${String(address).replace(/\/*$/, "")}/`, base);
  const source = urlSource(new URL("model.safetensors", folder));
  const weights = await openSafetensors(cache ? cachedSource(source) : source);
  const [parts, model] = await Promise.all([
    partsAt(folder, module.textLength !== undefined),
    module.load(weights, options as unknown as Options),
  ]);
  return {
    model,
    processor: new ModelProcessor(module, parts),
    textLength: module.textLength ?? 0,
    decode,
    close: async () => {
      await model.dispose();
      await weights.close();
    },
  };
}

async function partsAt(folder: URL, texts: boolean): Promise<ProcessorParts> {
  const [preprocessorConfig, processorConfig, tokenizer] = await Promise.all([
    json(folder, "preprocessor_config.json"),
    json(folder, "processor_config.json"),
    texts ? tokenizerAt(folder) : undefined,
  ]);
  const config = imageProcessorConfig({ preprocessorConfig, processorConfig });
  return {
    ...(config && { imageProcessor: () => imageProcessorFromConfig(config) }),
    ...(tokenizer && { tokenizer }),
  };
}

/**
 * Reads spiece.model unless tokenizer_class asks for tokenizer.json. Each tokenizer is a separate
 * chunk of code.
 */
async function tokenizerAt(folder: URL): Promise<Tokenizer | undefined> {
  const tokenizerConfig = await json(folder, "tokenizer_config.json");
  // As in transformers, the others say something only where this one does not.
  const [specialTokensMap, addedTokens] =
    tokenizerConfig && "added_tokens_decoder" in tokenizerConfig
      ? []
      : await Promise.all(
          ["special_tokens_map.json", "added_tokens.json"].map((name) => json(folder, name)),
        );
  const files = { tokenizerConfig, specialTokensMap, addedTokens };
  const asked = tokenizerConfig?.tokenizer_class ?? "SiglipTokenizer";
  const spiece =
    String(asked).replace(/Fast$/, "") === "SiglipTokenizer"
      ? await fetched(folder, "spiece.model")
      : undefined;
  if (spiece) {
    const { SiglipTokenizer } = await import("../tokenizer/siglip-tokenizer.ts");
    return SiglipTokenizer.fromSpiece(spiece, tokenizerConfigOf(files));
  }
  const tokenizerJson = await json(folder, "tokenizer.json");
  if (!tokenizerJson) return undefined;
  const { tokenizerFromJson } = await import("../tokenizer/json/json-tokenizer.ts");
  return tokenizerFromJson(tokenizerJson, tokenizerConfigOf({ ...files, tokenizerJson }));
}

/** A file of the folder, or undefined if it does not exist. */
async function fetched(folder: URL, name: string): Promise<Uint8Array | undefined> {
  const response = await fetch(new URL(name, folder));
  if (response.status === 404) return undefined;
  if (!response.ok)
    throw new WeightsError(`cannot be fetched: status ${response.status}`, {
      file: new URL(name, folder).href,
    });
  return new Uint8Array(await response.arrayBuffer());
}

async function json(
  folder: URL,
  name: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const bytes = await fetched(folder, name);
  const text = bytes && new TextDecoder().decode(bytes);
  // Development servers answer with a page for what they do not have.
  if (text === undefined || text.trimStart().startsWith("<")) return undefined;
  try {
    return parsePythonJson(text) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new WeightsError(`is not readable JSON: ${(cause as Error).message}`, {
      file: new URL(name, folder).href,
      cause,
    });
  }
}

async function decode(picture: PagePicture): Promise<RawImage | ImageArray> {
  if (typeof picture === "string" || picture instanceof URL) {
    const response = await fetch(picture);
    if (!response.ok)
      throw new ImageError(`${picture}: expected a picture, received status ${response.status}`);
    return decodeImageBlob(await response.blob());
  }
  return "data" in picture ? picture : decodeImageBlob(picture);
}
