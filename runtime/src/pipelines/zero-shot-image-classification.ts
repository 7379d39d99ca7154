/**
 * transformers' `zero-shot-image-classification` pipeline for SigLIP. Each label has a probability
 * of its own, by a sigmoid. Embeddings of labels are cached.
 */
import { entryOf } from "@sigil/spec/shared";
import { RecentRows } from "../recent-rows.ts";
import { InputError } from "../model/input-error.ts";
import type { SiglipModel } from "../model/siglip-model.ts";
import type { Tensor } from "../model/program.ts";
import { visionInputs, type Pictures } from "./pictures.ts";

/** A tokenizer for labels. Any tokenizer of Sigil fits. */
export interface LabelTokenizer {
  encode(
    texts: readonly string[],
    options: {
      readonly padding: "max_length";
      readonly truncation: true;
      readonly maxLength: number;
    },
  ): {
    readonly inputIds: readonly (readonly number[])[];
    readonly attentionMask?: readonly (readonly number[])[];
  };
}

export interface LabelScore {
  readonly label: string;
  /** Probability: the sigmoid of the logit, independent of the other labels. */
  readonly score: number;
  readonly logit: number;
}

export interface ZeroShotOptions {
  /** `hypothesis_template`; `{}` stands for the label. Default "This is a photo of {}.". */
  readonly template?: string;
}

/**
 * Bytes of embeddings to keep: about 5,000 labels of 768 features. A server sees ever new labels.
 */
const keptBytes = 16 << 20;

/**
 * Zero-shot classification. It caches the embeddings of the most recently used labels, up to 16 MiB
 * including their texts.
 */
export class ZeroShotImageClassification {
  readonly #model: SiglipModel;
  readonly #tokenizer: LabelTokenizer;
  readonly #length: number;
  readonly #cache = new RecentRows<Float32Array>(keptBytes);

  /**
   * `textLength` is the length that the text tower was compiled for: min(model_max_length,
   * max_position_embeddings), to which `processor(text=..., padding="max_length")` pads. The
   * pipeline of transformers always pads to 64, and fails if the position table is shorter.
   */
  constructor(model: SiglipModel, tokenizer: LabelTokenizer, textLength: number) {
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.#length = textLength;
  }

  /**
   * Returns the labels for each picture, highest score first. Ties keep the order of `labels`.
   * Pictures are `pixel_values` or, for a NaFlex model, all that its image processor returns.
   * Throws InputError for an empty list of labels, and for labels that are not strings.
   */
  async classify(
    pictures: Pictures,
    labels: readonly string[],
    { template = "This is a photo of {}." }: ZeroShotOptions = {},
  ): Promise<LabelScore[][]> {
    if (!Array.isArray(labels) || labels.length === 0)
      throw new InputError("labels: expected at least one, received none");
    const odd = labels.findIndex((label) => typeof label !== "string");
    if (odd >= 0)
      throw new InputError(`labels[${odd}]: expected a string, received ${typeof labels[odd]}`);
    if (template.split("{}").length !== 2)
      throw new InputError(
        `template: expected one {} for the label, received ${JSON.stringify(template)}`,
      );
    // The caller may change what it gave while anything is waited for, so pictures are read first.
    const names = [...labels];
    const images = await this.#model.getImageFeatures(visionInputs(pictures));
    const texts = await this.#embed(names.map((label) => template.split("{}").join(label)));
    const { logitsPerImage: logits } = await this.#model.scores(images, texts);
    return Array.from({ length: images.shape[0]! }, (_, i) =>
      names
        .map((label, t) => {
          const logit = logits.data[i * names.length + t]!;
          return { label, score: 1 / (1 + Math.exp(-logit)), logit };
        })
        .sort((a, b) => b.score - a.score),
    );
  }

  async #embed(texts: readonly string[]): Promise<Tensor> {
    const rows = new Map(texts.map((text) => [text, this.#cache.get(text)]));
    const missing = [...rows.keys()].filter((text) => !rows.get(text));
    if (missing.length > 0) {
      const { inputIds, attentionMask } = this.#tokenizer.encode(missing, {
        padding: "max_length",
        truncation: true,
        maxLength: this.#length,
      });
      if (inputIds.length !== missing.length)
        throw new InputError(
          `the tokenizer returned ${inputIds.length} rows of ids for ${missing.length} texts`,
        );
      const features = await this.#model.getTextFeatures({
        inputIds,
        ...(attentionMask && { attentionMask }),
      });
      const width = features.shape[1]!;
      missing.forEach((text, i) => {
        const row = features.data.slice(i * width, (i + 1) * width);
        rows.set(text, row);
        this.#cache.set(text, row);
      });
    }
    const all = texts.map((text) => entryOf(rows, text, "embedding of"));
    const width = all[0]!.length;
    const data = new Float32Array(texts.length * width);
    all.forEach((row, i) => data.set(row, i * width));
    return { data, shape: [texts.length, width] };
  }
}
