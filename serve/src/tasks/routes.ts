/** The routes /embed and /classify, which embed pictures and texts and classify pictures. */
import multipart from "@fastify/multipart";
import {
  classifierModel,
  ImageClassification,
  siglipModel,
  SiglipTextModel,
  taskOf,
  unitLength,
  visionModel,
  ZeroShotImageClassification,
  type SiglipVisionInputs,
  type Tensor,
} from "@sigil/runtime/internal";
import type { FastifyInstance } from "fastify";
import { RequestError } from "../http-error.ts";
import type { Models } from "../models.ts";
import type { PicturePreparation } from "../pictures/prepare-pictures.ts";
import type { ServedModel } from "../served-model.ts";
import { readTask, taskSchema, type TaskInput } from "./task-input.ts";

export interface TaskOptions {
  readonly models: Models;
  readonly pictures: PicturePreparation;
  readonly bodyLimit: number;
}

/** Pictures of one request. */
const mostPictures = 256;

export async function taskRoutes(
  app: FastifyInstance,
  { models, pictures, bodyLimit }: TaskOptions,
): Promise<void> {
  await app.register(multipart, {
    limits: {
      fileSize: bodyLimit,
      fieldSize: 1 << 20,
      files: mostPictures,
      fields: 8192,
      fieldNameSize: 100,
    },
  });
  const towers = perModel(({ session }) => visionModel(session));
  const classifiers = perModel(({ session }) => new ImageClassification(classifierModel(session)));
  const zeroShot = perModel(
    ({ session, tokenizer, textLength }) =>
      new ZeroShotImageClassification(siglipModel(session), tokenizer(), textLength),
  );
  const post = (
    path: string,
    summary: string,
    run: (input: TaskInput, model: ServedModel) => Promise<object>,
  ): void => {
    app.post(
      path,
      {
        schema: {
          tags: ["Tasks"],
          summary,
          consumes: ["application/json", "multipart/form-data"],
          body: taskSchema,
        },
        // A form is read, and checked, piece by piece.
        attachValidation: true,
      },
      async (request) => {
        const input = await readTask(request);
        const model = models.find(input.model);
        return { model: model.name, ...(await run(input, model)) };
      },
    );
  };

  post("/embed", "Embeddings of pictures, of texts, or of both", async (input, model) => {
    if (input.pictures.length + input.texts.length === 0)
      throw new RequestError("bad-request", "expected images or texts, received neither");
    const images = input.pictures.length > 0 ? embedPictures(model, input) : undefined;
    const texts = input.texts.length > 0 ? embedTexts(model, input.texts) : undefined;
    const [image, text] = await Promise.all([images, texts]);
    return {
      ...(image && { image_embeds: rowsOf(image.poolerOutput, input.normalize) }),
      ...(text && { text_embeds: rowsOf(text.poolerOutput, input.normalize) }),
    };
  });

  post("/classify", "The labels of pictures by probability", async (input, model) => {
    if (input.pictures.length === 0)
      throw new RequestError("bad-request", "expected images, received none");
    const results = await classifyPictures(model, input);
    return {
      results: results.map((labels, i) => ({
        image: input.pictures[i]!.name,
        labels: labels.map(({ label, score }) => ({ label, score })),
      })),
    };
  });

  const prepared = (
    model: ServedModel,
    input: TaskInput,
  ): ReturnType<PicturePreparation["prepare"]> =>
    pictures.prepare(input.pictures, model.processor(), model.session);

  async function embedPictures(
    model: ServedModel,
    input: TaskInput,
  ): Promise<{ readonly poolerOutput?: Tensor }> {
    expectTower(model, "siglip-vision");
    return towers(model).forward((await prepared(model, input)) as SiglipVisionInputs);
  }

  async function classifyPictures(
    model: ServedModel,
    input: TaskInput,
  ): Promise<{ readonly label: string; readonly score: number }[][]> {
    const { session } = model;
    const { labels, template, topK } = input;
    const task = taskOf(session.plan);
    if (task === "siglip-image-classification") {
      if (labels.length > 0)
        throw new RequestError(
          "bad-request",
          `${model.name} has labels of its own: leave out labels`,
        );
      const some = topK === undefined ? {} : { topK };
      return classifiers(model).classify(await prepared(model, input), some);
    }
    if (task !== "siglip")
      throw new RequestError(
        "unsupported",
        `${model.name} is a single tower, which cannot classify`,
      );
    if (labels.length === 0)
      throw new RequestError("bad-request", "expected labels, received none");
    const scores = await zeroShot(model).classify(
      await prepared(model, input),
      labels,
      template === undefined ? {} : { template },
    );
    return scores.map((all) => all.slice(0, topK));
  }
}

/** What is kept from request to request: embeddings of labels, positions of NaFlex's grids. */
function perModel<T>(open: (model: ServedModel) => T): (model: ServedModel) => T {
  const kept = new Map<ServedModel, T>();
  return (model) => {
    const found = kept.get(model) ?? open(model);
    kept.set(model, found);
    return found;
  };
}

/** Throws RequestError for a model that is not this tower and has none. */
function expectTower({ name, session }: ServedModel, kind: "siglip-vision" | "siglip-text"): void {
  if (!["siglip", kind].includes(taskOf(session.plan)))
    throw new RequestError(
      "unsupported",
      `${name} has no ${kind === "siglip-text" ? "text" : "vision"} tower`,
    );
}

async function embedTexts(
  model: ServedModel,
  texts: readonly string[],
): Promise<{ readonly poolerOutput?: Tensor }> {
  expectTower(model, "siglip-text");
  const { inputIds, attentionMask } = model.tokenizer().encode(texts, {
    padding: "max_length",
    truncation: true,
    maxLength: model.textLength,
  });
  return new SiglipTextModel(model.session).forward({
    inputIds,
    ...(attentionMask && { attentionMask }),
  });
}

function rowsOf(embeds: Tensor | undefined, normalize: boolean): number[][] {
  if (!embeds) throw new RequestError("unsupported", "the model has no pooled embedding");
  const [rows, width] = embeds.shape as [number, number];
  return Array.from({ length: rows }, (_, i) => {
    const row = embeds.data.subarray(i * width, (i + 1) * width);
    return Array.from(normalize ? unitLength(row) : row);
  });
}
