/**
 * Routes for what people do with these models: embed pictures and texts, and tell pictures apart.
 */
import multipart from "@fastify/multipart";
import {
  ImageClassification,
  SiglipForImageClassification,
  SiglipModel,
  SiglipTextModel,
  taskOf,
  unitLength,
  visionModel,
  ZeroShotImageClassification,
  type Session,
  type Tensor,
} from "@sigil/runtime";
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
  const zeroShot = new Map<ServedModel, ZeroShotImageClassification>();
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
    const { session } = model;
    if (input.pictures.length + input.texts.length === 0)
      throw new RequestError("bad-request", "expected images or texts");
    const images =
      input.pictures.length > 0
        ? pictures
            .prepare(input.pictures, model.processor(), session)
            .then((pixelValues) =>
              towerOf(model, "siglip-vision", visionModel).forward({ pixelValues }),
            )
        : undefined;
    const texts = input.texts.length > 0 ? embedTexts(model, input.texts) : undefined;
    const [image, text] = await Promise.all([images, texts]);
    return {
      ...(image && { image_embeds: rowsOf(image.poolerOutput, input.normalize) }),
      ...(text && { text_embeds: rowsOf(text.poolerOutput, input.normalize) }),
    };
  });

  post("/classify", "The labels of pictures by probability", async (input, model) => {
    const { session } = model;
    if (input.pictures.length === 0) throw new RequestError("bad-request", "expected images");
    const pixelValues = await pictures.prepare(input.pictures, model.processor(), session);
    const results = await classifyPictures(model, input, pixelValues);
    return {
      results: results.map((labels, i) => ({
        image: input.pictures[i]!.name,
        labels: labels.map(({ label, score }) => ({ label, score })),
      })),
    };
  });

  async function classifyPictures(
    model: ServedModel,
    { labels, template, topK }: TaskInput,
    pixelValues: Awaited<ReturnType<PicturePreparation["prepare"]>>,
  ): Promise<{ readonly label: string; readonly score: number }[][]> {
    const { session } = model;
    if (session.plan.kind === "siglip-image-classification") {
      if (labels.length > 0)
        throw new RequestError("bad-request", `${model.name} has labels of its own`);
      const classifier = new ImageClassification(new SiglipForImageClassification(session));
      return classifier.classify(pixelValues, topK === undefined ? {} : { topK });
    }
    if (session.plan.kind !== "siglip")
      throw new RequestError("unsupported", `${model.name} is one tower, which cannot classify`);
    if (labels.length === 0) throw new RequestError("bad-request", "expected labels");
    let classifier = zeroShot.get(model);
    if (!classifier) {
      classifier = new ZeroShotImageClassification(
        new SiglipModel(session),
        model.tokenizer(),
        model.textLength,
      );
      zeroShot.set(model, classifier);
    }
    const scores = await classifier.classify(
      pixelValues,
      labels,
      template === undefined ? {} : { template },
    );
    return scores.map((all) => all.slice(0, topK));
  }
}

/** A tower by itself, or of a model with both. Throws RequestError for a model without it. */
function towerOf<T>(
  { name, session }: ServedModel,
  kind: "siglip-vision" | "siglip-text",
  open: (session: Session) => T,
): T {
  if (!["siglip", kind].includes(taskOf(session.plan)))
    throw new RequestError("unsupported", `${name} is no ${kind}, nor a model that has one`);
  return open(session);
}

async function embedTexts(
  model: ServedModel,
  texts: readonly string[],
): Promise<{ readonly poolerOutput?: Tensor }> {
  const tower = towerOf(model, "siglip-text", (session) => new SiglipTextModel(session));
  const { inputIds, attentionMask } = model.tokenizer().encode(texts, {
    padding: "max_length",
    truncation: true,
    maxLength: model.textLength,
  });
  return tower.forward({ inputIds, ...(attentionMask && { attentionMask }) });
}

function rowsOf(embeds: Tensor | undefined, normalize: boolean): number[][] {
  if (!embeds) throw new RequestError("unsupported", "the model has no pooled embedding");
  const [rows, width] = embeds.shape as [number, number];
  return Array.from({ length: rows }, (_, i) => {
    const row = embeds.data.subarray(i * width, (i + 1) * width);
    return Array.from(normalize ? unitLength(row) : row);
  });
}
