/**
 * transformers' SiglipModel over a compiled plan. The towers run apart or together, with any batch
 * size.
 */
import type { Plan } from "@sigil/spec";
import { copyInputs, type Inputs as ProgramInputs } from "./copy-inputs.ts";
import { InputError } from "./input-error.ts";
import { sigmoidLoss } from "./losses.ts";
import { nestOutputs } from "./outputs.ts";
import type { Tensor } from "./program.ts";
import { Session, type ProgramFactory } from "./session.ts";
import {
  readText,
  runText,
  SiglipTextModel,
  type SiglipTextInputs,
  type SiglipTextOutput,
  type SiglipTextTypes,
} from "./siglip-text-model.ts";
import type { SiglipVisionInputs } from "./run-vision.ts";
import {
  SiglipVisionModel,
  type SiglipVisionOutput,
  type SiglipVisionTypes,
} from "./siglip-vision-model.ts";

/** The scores and embeddings of images and texts together. */
export interface SiglipScores {
  /** `logits_per_image`: `[images, texts]`; its sigmoid is the probability of a pair. */
  readonly logitsPerImage: Tensor<readonly [number, number]>;
  /** `logits_per_text`: `[texts, images]`. */
  readonly logitsPerText: Tensor<readonly [number, number]>;
  /** `image_embeds`: normalised, `[images, width]`. */
  readonly imageEmbeds: Tensor;
  /** `text_embeds`: normalised, `[texts, width]`. */
  readonly textEmbeds: Tensor;
}

/** The types that generated bindings narrow. */
export interface SiglipTypes {
  readonly vision: SiglipVisionTypes;
  readonly text: SiglipTextTypes;
  /** A pooled embedding. */
  readonly features: Tensor;
}

/** The types without generated bindings. */
export interface UntypedSiglip {
  vision: { inputs: SiglipVisionInputs; output: SiglipVisionOutput };
  text: { output: SiglipTextOutput };
  features: Tensor;
}

type Output<T extends SiglipTypes> = SiglipScores & {
  readonly visionModelOutput: T["vision"]["output"];
  readonly textModelOutput: T["text"]["output"];
};
type Inputs<T extends SiglipTypes> = SiglipTextInputs & T["vision"]["inputs"];

/** What `returnLoss` adds to the output. One signature keeps the messages of type errors short. */
type WithLoss<Loss extends boolean> = [Loss] extends [false]
  ? unknown
  : [Loss] extends [true]
    ? { readonly loss: number }
    : { readonly loss?: number };

/** What `returnOutput` returns instead of the embedding. */
type WholeOr<Whole extends boolean, Output, Features> = [Whole] extends [false]
  ? Features
  : [Whole] extends [true]
    ? Output
    : Output | Features;

/**
 * A model with a vision and a text tower. A tower is loaded when it is first used, so image
 * features need no text weights.
 */
export class SiglipModel<T extends SiglipTypes = UntypedSiglip> {
  readonly session: Session;
  readonly visionModel: SiglipVisionModel<T["vision"]>;
  readonly textModel: SiglipTextModel<T["text"]>;

  constructor(
    session: Session,
    visionModel: SiglipVisionModel<T["vision"]> = new SiglipVisionModel<T["vision"]>(session),
  ) {
    this.session = session;
    this.visionModel = visionModel;
    this.textModel = new SiglipTextModel<T["text"]>(session);
  }

  /** Makes the model of a plan. `create` loads its programs. */
  static from(plan: Plan, create: ProgramFactory): SiglipModel {
    return new SiglipModel(new Session(plan, create));
  }

  /**
   * Runs both towers and scores every pair. With `returnLoss` (`return_loss`) it also returns the
   * sigmoid loss, which needs as many texts as images.
   */
  async forward<Loss extends boolean = false>({
    returnLoss,
    ...inputs
  }: Inputs<T> & { readonly returnLoss?: Loss }): Promise<Output<T> & WithLoss<Loss>> {
    // Read now, since the caller may change them while pictures are computed.
    const texts = readText(this.session, inputs as unknown as SiglipTextInputs);
    const image = await this.visionModel.outputs(inputs);
    const words = await this.session.run(...texts);
    const scores = await this.scores(
      this.#output(image, "pooler_output"),
      this.#output(words, "pooler_output"),
    );
    return {
      ...(returnLoss ? { loss: sigmoidLoss(scores.logitsPerText) } : {}),
      ...scores,
      visionModelOutput: nestOutputs(image),
      textModelOutput: nestOutputs(words),
    } as Output<T> & WithLoss<Loss>;
  }

  /**
   * `get_image_features`: the pooled embedding, not normalised. With `returnOutput` it returns
   * everything that the tower returns, as transformers 5 does.
   */
  async getImageFeatures<Whole extends boolean = false>({
    returnOutput,
    ...inputs
  }: T["vision"]["inputs"] & { readonly returnOutput?: Whole }): Promise<
    WholeOr<Whole, T["vision"]["output"], T["features"]>
  > {
    const outputs = await this.visionModel.outputs(inputs);
    return (returnOutput ? nestOutputs(outputs) : this.#output(outputs, "pooler_output")) as never;
  }

  /**
   * `get_text_features`: the pooled embedding, not normalised. With `returnOutput` it returns
   * everything that the tower returns, as transformers 5 does.
   */
  async getTextFeatures<Whole extends boolean = false>({
    returnOutput,
    ...inputs
  }: SiglipTextInputs & { readonly returnOutput?: Whole }): Promise<
    WholeOr<Whole, T["text"]["output"], T["features"]>
  > {
    const outputs = await runText(this.session, inputs);
    return (returnOutput ? nestOutputs(outputs) : this.#output(outputs, "pooler_output")) as never;
  }

  /**
   * Logits and normalised embeddings from the pooled features of both towers. Large batches are
   * computed in blocks of the planned sizes.
   */
  async scores(imageFeatures: T["features"], textFeatures: T["features"]): Promise<SiglipScores> {
    const program = this.session.programOf("image_features");
    const [images, texts] = [imageFeatures?.shape?.[0] ?? 0, textFeatures?.shape?.[0] ?? 0];
    // Copied now, since blocks are read one after the other.
    const features = copyInputs(
      program,
      { image_features: imageFeatures, text_features: textFeatures },
      { image_batch: images, text_batch: texts },
    );
    const { image_batch: mostImages = images, text_batch: mostTexts = texts } = program.symbols;
    const width = imageFeatures.shape[1]!;
    const rows = (input: string, begin: number, count: number): ProgramInputs => ({
      [input]: {
        data: features[input]!.subarray(begin * width, (begin + count) * width),
        shape: [count, width],
      },
    });
    const perImage = new Float32Array(images * texts);
    const imageEmbeds = new Float32Array(images * width);
    const textEmbeds = new Float32Array(texts * width);
    for (let i = 0; i < images; i += mostImages)
      for (let t = 0; t < texts; t += mostTexts) {
        const [m, n] = [Math.min(mostImages, images - i), Math.min(mostTexts, texts - t)];
        const part = await this.session.run(
          program,
          { ...rows("image_features", i, m), ...rows("text_features", t, n) },
          { image_batch: m, text_batch: n },
        );
        const logits = this.#output(part, "logits_per_image").data;
        for (let r = 0; r < m; r++)
          perImage.set(logits.subarray(r * n, (r + 1) * n), (i + r) * texts + t);
        imageEmbeds.set(this.#output(part, "image_embeds").data, i * width);
        textEmbeds.set(this.#output(part, "text_embeds").data, t * width);
      }
    const perText = new Float32Array(images * texts);
    for (let i = 0; i < images; i++)
      for (let t = 0; t < texts; t++) perText[t * images + i] = perImage[i * texts + t]!;
    return {
      logitsPerImage: { data: perImage, shape: [images, texts] },
      logitsPerText: { data: perText, shape: [texts, images] },
      imageEmbeds: { data: imageEmbeds, shape: [images, width] },
      textEmbeds: { data: textEmbeds, shape: [texts, width] },
    };
  }

  #output(outputs: Readonly<Record<string, Tensor>>, name: string): Tensor {
    const output = outputs[name];
    if (!output) throw new InputError(`${this.session.plan.name} was compiled without ${name}`);
    return output;
  }

  /** Frees memory and threads. */
  dispose(): Promise<void> {
    return this.session.dispose();
  }
}
