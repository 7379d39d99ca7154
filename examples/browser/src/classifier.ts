/**
 * Zero-shot classification that computes nothing twice: embeddings of labels are kept by text,
 * those of pictures by picture.
 */
import type {
  BackendChoice,
  BackendOptions,
  SiglipImageProcessor,
  Tokenizer,
} from "@sigil/runtime";
import type { OpenCheckpoint } from "./checkpoint/open-checkpoint.ts";
import { Model, type Features } from "./model.ts";
import { prepare, type PictureSource } from "./pictures/prepare.ts";

export const stageNames = ["decode", "resize", "tokenise", "vision", "text", "scores"] as const;
export type StageName = (typeof stageNames)[number];

/** Milliseconds of a stage, or undefined where its result was known already. */
export type StageTimes = Readonly<Partial<Record<StageName, number>>>;

/** Something to classify. A frame of a video is a picture of its own. */
export interface Picture {
  grab(): Promise<PictureSource>;
}

export interface Classified {
  /** Probabilities in the order of the labels; each on its own. */
  readonly scores: readonly number[];
  readonly times: StageTimes;
}

export interface ClassifierOptions {
  readonly backend: NonNullable<BackendOptions["backend"]>;
  readonly signal: AbortSignal;
  /** Bytes of weights in place, of all. */
  readonly onProgress: (loaded: number, total: number) => void;
  /** Kernels of a tower readied, of all: WebGPU compiles while weights load. */
  readonly onKernels: (done: number, total: number) => void;
  /** The device was lost; the next call loads the weights onto another. */
  readonly onDeviceLost: (error: Error) => void;
}

/** Embeddings of texts to keep: typing makes many that are never wanted again. */
const mostTexts = 512;

export class Classifier {
  readonly choice: BackendChoice;
  readonly #model: Model;
  readonly #tokenizer: Tokenizer;
  readonly #processor: SiglipImageProcessor;
  readonly #texts = new Map<string, Float32Array>();
  readonly #images = new WeakMap<Picture, Features>();

  private constructor(
    model: Model,
    choice: BackendChoice,
    { tokenizer, processor }: OpenCheckpoint,
  ) {
    this.choice = choice;
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.#processor = processor;
  }

  /** Loads the weights. Throws WeightsError, WebGpuError, CapacityError, or the signal's reason. */
  static async open(
    checkpoint: OpenCheckpoint,
    { backend, signal, onProgress, onKernels, onDeviceLost }: ClassifierOptions,
  ): Promise<Classifier> {
    const told: { choice?: BackendChoice } = {};
    const model = await Model.load(checkpoint.weights, {
      backend,
      signal,
      // What the model computes cannot hold up typing or the camera.
      worker: true,
      onBackend: (chosen) => (told.choice = chosen),
      onProgress: ({ loadedBytes, totalBytes }) => onProgress(loadedBytes, totalBytes),
      onPipeline: onKernels,
      onDeviceLost,
    });
    if (!told.choice) throw new Error("the model has loaded without telling its backend");
    return new Classifier(model, told.choice, checkpoint);
  }

  /** What runs run on, as the session says it. */
  get backend(): string {
    return this.#model.session.backend;
  }

  /** At least one label. `template` has one {}, where the label goes. */
  async classify(
    picture: Picture,
    labels: readonly string[],
    template: string,
  ): Promise<Classified> {
    const times: Partial<Record<StageName, number>> = {};
    const timed = async <T>(stage: StageName, work: () => T | Promise<T>): Promise<T> => {
      const begin = performance.now();
      const result = await work();
      times[stage] = performance.now() - begin;
      return result;
    };

    let image = this.#images.get(picture);
    if (!image) {
      const begin = performance.now();
      const source = await picture.grab();
      const grabbed = performance.now();
      const { pixelValues, decode, resize } = await prepare(source, this.#processor.options);
      Object.assign(times, { decode: decode + grabbed - begin, resize });
      image = await timed("vision", () => this.#model.getImageFeatures({ pixelValues }));
      this.#images.set(picture, image);
    }

    const texts = labels.map((label) => template.replace("{}", () => label));
    const missing = [...new Set(texts.filter((text) => !this.#texts.has(text)))];
    if (missing.length > 0) {
      const { inputIds, attentionMask } = await timed("tokenise", () =>
        this.#tokenizer.encode(missing, {
          padding: "max_length",
          truncation: true,
          maxLength: Model.textLength,
        }),
      );
      const { data, shape } = await timed("text", () =>
        this.#model.getTextFeatures({ inputIds, ...(attentionMask && { attentionMask }) }),
      );
      missing.forEach((text, i) =>
        this.#texts.set(text, data.slice(i * shape[1], (i + 1) * shape[1])),
      );
    }
    const width = image.shape[1];
    const data = new Float32Array(texts.length * width);
    texts.forEach((text, i) => data.set(this.#embeddingOf(text), i * width));
    this.#forget(texts);

    const { logitsPerImage } = await timed("scores", () =>
      this.#model.scores(image, { data, shape: [texts.length, width] }),
    );
    return {
      scores: Array.from(logitsPerImage.data, (logit) => 1 / (1 + Math.exp(-logit))),
      times,
    };
  }

  dispose(): Promise<void> {
    return this.#model.dispose();
  }

  /** Of a text that has been embedded. */
  #embeddingOf(text: string): Float32Array {
    const embedding = this.#texts.get(text);
    if (!embedding) throw new Error(`"${text}" has not been embedded`);
    return embedding;
  }

  /** Drops the oldest texts, those of `used` last. */
  #forget(used: readonly string[]): void {
    for (const text of used) {
      const embedding = this.#embeddingOf(text);
      this.#texts.delete(text);
      this.#texts.set(text, embedding);
    }
    for (const text of this.#texts.keys()) {
      if (this.#texts.size <= Math.max(mostTexts, used.length)) break;
      this.#texts.delete(text);
    }
  }
}
