/** transformers' pipelines by the name of a model, in one call. */
import {
  classificationPipeline,
  classifierModel,
  imageFeaturePipeline,
  InputError,
  siglipModel,
  SiglipTextModel,
  textFeaturePipeline,
  visionModel,
  zeroShotPipeline,
  type ClassificationPipeline,
  type FeaturePipeline,
  type LabelScore,
  type Tensor,
  type ZeroShotOptions,
  type ZeroShotPipeline,
} from "@sigil/runtime/internal";
import type { ImageInput } from "@sigil/runtime/node";
import { openPipeline, type PipelineOptions } from "./open-pipeline.ts";

/**
 * Classifies pictures by labels that each call names. `model` is a checkpoint folder or a Hub id. A
 * picture is a path, a URL, a Blob, bytes, or a decoded picture.
 */
export async function zeroShotImageClassification(
  model: string,
  options?: PipelineOptions,
): Promise<ZeroShotPipeline<ImageInput>> {
  const opened = await openPipeline(model, ["siglip", "siglip2"], options);
  const { session } = opened;
  return zeroShotPipeline({
    ...opened,
    model: siglipModel(session),
  });
}

/** Classifies pictures by the labels of a fine-tuned classifier. */
export async function imageClassification(
  model: string,
  options?: PipelineOptions,
): Promise<ClassificationPipeline<ImageInput>> {
  const kinds = ["siglip-image-classification", "siglip2-image-classification"] as const;
  const opened = await openPipeline(model, kinds, options);
  const { session } = opened;
  return classificationPipeline({
    ...opened,
    model: classifierModel(session),
  });
}

/** The features of a single tower, in the form that models with both towers return. */
const pooled = async (output: Promise<{ readonly poolerOutput?: Tensor }>): Promise<Tensor> => {
  const { poolerOutput } = await output;
  if (!poolerOutput) throw new InputError("the model has no pooler_output");
  return poolerOutput;
};

/** Embeddings of pictures. */
export async function imageFeatures(
  model: string,
  options?: PipelineOptions,
): Promise<FeaturePipeline<ImageInput>> {
  const kinds = ["siglip", "siglip2", "siglip-vision", "siglip2-vision"] as const;
  const opened = await openPipeline(model, kinds, options);
  const { session } = opened;
  const tower = visionModel(session);
  return imageFeaturePipeline({
    ...opened,
    model: {
      getImageFeatures: (inputs) =>
        pooled(tower.forward(inputs) as Promise<{ readonly poolerOutput?: Tensor }>),
    },
  });
}

/** Embeddings of texts. */
export async function textFeatures(
  model: string,
  options?: PipelineOptions,
): Promise<FeaturePipeline<string>> {
  const opened = await openPipeline(model, ["siglip", "siglip2", "siglip-text"], options);
  const tower = new SiglipTextModel(opened.session);
  return textFeaturePipeline({
    ...opened,
    model: {
      getTextFeatures: (inputs) =>
        pooled(tower.forward(inputs) as Promise<{ readonly poolerOutput?: Tensor }>),
    },
  });
}

/** The tasks, by transformers' names. */
export interface Pipelines {
  readonly "zero-shot-image-classification": ZeroShotPipeline<ImageInput>;
  readonly "image-classification": ClassificationPipeline<ImageInput>;
  readonly "image-feature-extraction": FeaturePipeline<ImageInput>;
  readonly "feature-extraction": FeaturePipeline<string>;
}

const pipelines: {
  readonly [Task in keyof Pipelines]: (
    model: string,
    options?: PipelineOptions,
  ) => Promise<Pipelines[Task]>;
} = {
  "zero-shot-image-classification": zeroShotImageClassification,
  "image-classification": imageClassification,
  "image-feature-extraction": imageFeatures,
  "feature-extraction": textFeatures,
};

/** Opens the pipeline of a task. Throws InputError for an unknown task. */
export async function pipeline<Task extends keyof Pipelines>(
  task: Task,
  model: string,
  options?: PipelineOptions,
): Promise<Pipelines[Task]> {
  if (!Object.hasOwn(pipelines, task))
    throw new InputError(
      `task: expected one of ${Object.keys(pipelines).join(", ")}, received ` +
        `${JSON.stringify(task)}`,
    );
  return pipelines[task](model, options);
}

/** Opens a model, classifies pictures once, and closes the model. */
export async function classify(
  pictures: readonly ImageInput[],
  labels: readonly string[],
  { model, template, ...options }: PipelineOptions & ZeroShotOptions & { readonly model: string },
): Promise<LabelScore[][]> {
  const run = await zeroShotImageClassification(model, options);
  try {
    return await run(pictures, labels, template === undefined ? {} : { template });
  } finally {
    await run.dispose();
  }
}
