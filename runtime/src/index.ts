/**
 * What programs and generated modules need of every backend. What stands here keeps to semantic
 * versions.
 */

// Models, as generated classes extend them.
export {
  SiglipModel,
  type SiglipScores,
  type SiglipTypes,
  type UntypedSiglip,
} from "./model/siglip-model.ts";
export {
  SiglipVisionModel,
  type SiglipVisionOutput,
  type SiglipVisionTypes,
} from "./model/siglip-vision-model.ts";
export {
  SiglipTextModel,
  type Rows,
  type SiglipTextInputs,
  type SiglipTextOutput,
  type SiglipTextTypes,
} from "./model/siglip-text-model.ts";
export {
  SiglipForImageClassification,
  type SiglipClassificationOutput,
} from "./model/siglip-for-image-classification.ts";
export {
  Siglip2ForImageClassification,
  Siglip2Model,
  Siglip2VisionModel,
  type UntypedSiglip2,
} from "./model/siglip2.ts";
export { GraphModel, type GraphTypes } from "./model/graph-model.ts";
export type { Labels, ProblemType } from "./model/losses.ts";
export type { SiglipVisionInputs } from "./model/run-vision.ts";
export type { Siglip2VisionInputs } from "./model/naflex.ts";
export type { LayerTensors, Output } from "./model/outputs.ts";
export type {
  ByteTensor,
  DeviceBytes,
  HostData,
  IntTensor,
  PixelValues,
  Tensor,
} from "./model/program.ts";

// Sessions.
export type { InputTensor } from "./model/copy-inputs.ts";
export { Session, type SessionOptions } from "./model/session.ts";
export {
  openBackend,
  type BackendChoice,
  type BackendName,
  type BackendOpener,
  type BackendOptions,
  type CpuBackendName,
  type CpuChoice,
} from "./model/open-backend.ts";
export { placeWeights, type UnplacedPlan } from "./model/place-weights.ts";
export type { ModelWarning, WarningCode, WarningHandler } from "./model/warning.ts";
export type { Connection, ConnectOptions, WorkerOptions } from "./remote/connect-session.ts";

// Pipelines and processors.
export {
  ZeroShotImageClassification,
  type LabelScore,
  type LabelTokenizer,
  type ZeroShotOptions,
} from "./pipelines/zero-shot-image-classification.ts";
export {
  ImageClassification,
  type ClassScore,
  type ImageClassificationOptions,
} from "./pipelines/image-classification.ts";
export type {
  ClassificationPipeline,
  FeatureOptions,
  FeaturePipeline,
  ZeroShotPipeline,
} from "./pipelines/tasks.ts";
export type { Pictures } from "./pipelines/pictures.ts";
export {
  ModelProcessor,
  type AnyImageProcessor,
  type ProcessedTexts,
  type ProcessorParts,
  type ProcessorTarget,
} from "./processor/model-processor.ts";
export {
  SiglipProcessor,
  type Processed,
  type ProcessorInputs,
} from "./processor/siglip-processor.ts";
export {
  Siglip2Processor,
  type Siglip2Processed,
  type Siglip2ProcessorInputs,
} from "./processor/siglip2-processor.ts";

// Pictures.
export {
  SiglipImageProcessor,
  SiglipImageProcessorFast,
  type ImageBytes,
  type ImageFeatures,
  type ImageWarning,
} from "./image/siglip-image-processor.ts";
export {
  Siglip2ImageProcessor,
  Siglip2ImageProcessorFast,
  type Siglip2ImageProcessorOptions,
} from "./image/siglip2-image-processor.ts";
export { OpenClipImageProcessor } from "./image/open-clip-image-processor.ts";
export { TimmImageProcessor } from "./image/timm-image-processor.ts";
export {
  imageProcessorFromConfig,
  type ImageProcessorChoice,
} from "./image/image-processor-from-config.ts";
export { imageProcessorConfig } from "./image/image-processor-config.ts";
export type { DataFormat, ImageProcessorOptions } from "./image/image-processor-options.ts";
export type { FixedSize, ImageSize } from "./image/image-size.ts";
export type { ImageArray, PictureMode, RawImage } from "./image/raw-image.ts";
export type { Resample } from "./image/resample-windows.ts";
export { decodeImageBlob } from "./image/decode/decode-browser.ts";

// Texts.
export { SiglipTokenizer } from "./tokenizer/siglip-tokenizer.ts";
export { JsonTokenizer, tokenizerFromJson } from "./tokenizer/json/json-tokenizer.ts";
export {
  openClipText,
  openClipTokenizer,
  type OpenClipCleaning,
} from "./tokenizer/open-clip-text.ts";
export { SentencePiece, type EncodedPiece } from "./tokenizer/sentencepiece.ts";
export { tokenizerConfigOf, type TokenizerFiles } from "./tokenizer/config/merge.ts";
export type { TokenizerConfig } from "./tokenizer/config/tokenizer-config.ts";
export type { DecodeOptions, EncodeOptions, Encoding, Tokenizer } from "./tokenizer/tokenizer.ts";

// Weights.
export type { TensorInfo, WeightSource } from "./weights/weight-source.ts";
export { openSafetensors } from "./weights/safetensors.ts";
export { openShardedSafetensors, type ShardIndex } from "./weights/sharded.ts";
export {
  blobSource,
  bufferSource,
  type ByteSource,
  type VerifyOptions,
} from "./weights/byte-source.ts";
export { urlSource, type UrlSourceOptions } from "./weights/url-source.ts";
export { cachedSource, type CachedSourceOptions } from "./weights/cache/cached-source.ts";
export { cachedFiles, clearCached, type CachedFile } from "./weights/cache/cached-files.ts";
export { syntheticWeights, type ExpectedWeight } from "./weights/synthetic.ts";
export { writeSafetensors, type TensorsToWrite, type TensorToWrite } from "./weights/write.ts";
/** Reads the JSON files of checkpoints, which JSON.parse refuses where they hold `Infinity`. */
export { parsePythonJson } from "@sigil/spec/shared";

// Errors.
export { SigilError } from "@sigil/spec/shared";
export { DisposedError } from "./model/disposed-error.ts";
export { InputError } from "./model/input-error.ts";
export { OptionError } from "./model/option-error.ts";
export { PlanError } from "./model/plan-error.ts";
export { WeightsError, type WeightsErrorDetails } from "./weights/error.ts";
export { ImageError } from "./image/raw-image.ts";
export { TokenizerError } from "./tokenizer/error.ts";
export { WorkerError } from "./remote/remote-error.ts";
