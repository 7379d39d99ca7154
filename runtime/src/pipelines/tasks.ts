/** transformers' pipelines as functions: pictures or texts in, labels or features out. */
import type { ImageArray, RawImage } from "../image/raw-image.ts";
import { InputError } from "../model/input-error.ts";
import type { Tensor } from "../model/program.ts";
import type { SiglipForImageClassification } from "../model/siglip-for-image-classification.ts";
import type { SiglipModel } from "../model/siglip-model.ts";
import type { SiglipTextInputs } from "../model/siglip-text-model.ts";
import type { SiglipVisionInputs } from "../model/run-vision.ts";
import type { ProcessedTexts } from "../processor/model-processor.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import {
  ImageClassification,
  type ClassScore,
  type ImageClassificationOptions,
} from "./image-classification.ts";
import {
  ZeroShotImageClassification,
  type LabelScore,
  type ZeroShotOptions,
} from "./zero-shot-image-classification.ts";

/** A `ModelProcessor` of any model. */
export interface PipelineProcessor {
  readonly tokenizer: Tokenizer;
  images(images: readonly (RawImage | ImageArray)[]): object;
  texts(texts: readonly string[]): ProcessedTexts;
}

/** An open model and what prepares its pictures. */
export interface PipelineParts<Model, Picture> {
  readonly model: Model;
  /** The processor of the model. */
  readonly processor: PipelineProcessor;
  readonly textLength: number;
  readonly decode: (picture: Picture) => Promise<RawImage | ImageArray>;
  /** Frees everything that was opened. */
  readonly close: () => Promise<void>;
}

interface Disposable {
  /** Frees memory, threads and files once the current calls have ended. */
  dispose(): Promise<void>;
}

export interface ZeroShotPipeline<Picture> extends Disposable {
  /** The labels, highest probability first. Probabilities are independent of each other. */
  (picture: Picture, labels: readonly string[], options?: ZeroShotOptions): Promise<LabelScore[]>;
  (
    pictures: readonly Picture[],
    labels: readonly string[],
    options?: ZeroShotOptions,
  ): Promise<LabelScore[][]>;
}

export interface ClassificationPipeline<Picture> extends Disposable {
  /** The best labels of the model. */
  (picture: Picture, options?: ImageClassificationOptions): Promise<ClassScore[]>;
  (pictures: readonly Picture[], options?: ImageClassificationOptions): Promise<ClassScore[][]>;
}

export interface FeatureOptions {
  /** Scale each embedding to unit length, so that dot products are cosines. Default false. */
  readonly normalize?: boolean;
}

export interface FeaturePipeline<Input> extends Disposable {
  /** Embeddings, `[inputs, width]`. A single input gives one row. */
  (
    inputs: Input | readonly Input[],
    options?: FeatureOptions,
  ): Promise<Tensor<readonly [number, number]>>;
}

/**
 * How many pictures are decoded for one run. A folder of photographs is never in memory as a whole.
 */
const atOnce = 16;

const listed = <T>(given: T | readonly T[]): readonly T[] => {
  const all = Array.isArray(given) ? (given as readonly T[]) : [given as T];
  if (all.length === 0) throw new InputError("expected at least one, received none");
  return all;
};

/** Runs `run` on the pictures, some at a time, and joins the results. */
async function overPictures<Picture, Result>(
  given: Picture | readonly Picture[],
  { processor, decode }: PipelineParts<unknown, Picture>,
  run: (inputs: SiglipVisionInputs) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const pictures = listed(given);
  const results: Result[] = [];
  for (let at = 0; at < pictures.length; at += atOnce) {
    const images = await Promise.all(
      pictures.slice(at, at + atOnce).map((picture) => decode(picture)),
    );
    results.push(...(await run(processor.images(images) as SiglipVisionInputs)));
  }
  return results;
}

const single = <T>(given: unknown, results: readonly T[]): T | readonly T[] =>
  Array.isArray(given) ? results : results[0]!;

export function zeroShotPipeline<Picture>(
  parts: PipelineParts<SiglipModel, Picture>,
): ZeroShotPipeline<Picture> {
  const { model, processor, textLength, close } = parts;
  const classifier = new ZeroShotImageClassification(model, processor.tokenizer, textLength);
  const classify = async (
    pictures: Picture | readonly Picture[],
    labels: readonly string[],
    options?: ZeroShotOptions,
  ) =>
    single(
      pictures,
      await overPictures(pictures, parts, (inputs) => classifier.classify(inputs, labels, options)),
    );
  return Object.assign(classify, { dispose: close }) as ZeroShotPipeline<Picture>;
}

export function classificationPipeline<Picture>(
  parts: PipelineParts<SiglipForImageClassification, Picture>,
): ClassificationPipeline<Picture> {
  const classifier = new ImageClassification(parts.model);
  const classify = async (
    pictures: Picture | readonly Picture[],
    options?: ImageClassificationOptions,
  ) =>
    single(
      pictures,
      await overPictures(pictures, parts, (inputs) => classifier.classify(inputs, options)),
    );
  return Object.assign(classify, { dispose: parts.close }) as ClassificationPipeline<Picture>;
}

export function imageFeaturePipeline<Picture>(
  parts: PipelineParts<{ getImageFeatures(inputs: SiglipVisionInputs): Promise<Tensor> }, Picture>,
): FeaturePipeline<Picture> {
  const embed = async (pictures: Picture | readonly Picture[], options?: FeatureOptions) =>
    joined(
      await overPictures(pictures, parts, async (inputs) =>
        rowsOf(await parts.model.getImageFeatures(inputs)),
      ),
      options,
    );
  return Object.assign(embed, { dispose: parts.close });
}

export function textFeaturePipeline(
  parts: PipelineParts<{ getTextFeatures(inputs: SiglipTextInputs): Promise<Tensor> }, never>,
): FeaturePipeline<string> {
  const embed = async (texts: string | readonly string[], options?: FeatureOptions) =>
    joined(
      rowsOf(await parts.model.getTextFeatures(parts.processor.texts([...listed(texts)]))),
      options,
    );
  return Object.assign(embed, { dispose: parts.close });
}

const rowsOf = ({ data, shape }: Tensor): Float32Array[] =>
  Array.from({ length: shape[0]! }, (_, i) => data.subarray(i * shape[1]!, (i + 1) * shape[1]!));

function joined(
  rows: readonly Float32Array[],
  { normalize = false }: FeatureOptions = {},
): Tensor<readonly [number, number]> {
  const width = rows[0]!.length;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    const scale = normalize ? 1 / Math.hypot(...row) : 1;
    row.forEach((value, k) => (data[i * width + k] = value * scale));
  });
  return { data, shape: [rows.length, width] };
}
