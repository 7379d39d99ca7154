/** Reads the inputs of the task routes, from JSON or from a form with files. */
import type { FastifyRequest } from "fastify";
import { RequestError } from "../http-error.ts";
import type { PictureFile } from "../pictures/prepare-pictures.ts";

export interface TaskInput {
  readonly model?: string;
  readonly pictures: readonly PictureFile[];
  readonly texts: readonly string[];
  readonly labels: readonly string[];
  readonly template?: string;
  readonly normalize: boolean;
  readonly topK?: number;
}

const strings = (maxItems: number): object => ({
  type: "array",
  maxItems,
  items: { type: "string", maxLength: 100_000 },
});

/**
 * Fields of a task as JSON; a form has the same, `images` as files and lists as repeated fields.
 */
export const taskSchema = {
  type: "object",
  properties: {
    model: { type: "string", description: "Its name; the only model by default." },
    images: {
      type: "array",
      maxItems: 256,
      items: { type: "string" },
      description: "Picture files in base64 (PNG, JPEG, GIF, WebP, AVIF or TIFF).",
    },
    texts: strings(4096),
    labels: strings(4096),
    template: { type: "string", maxLength: 1000, description: "`{}` stands for the label." },
    normalize: { type: "boolean", description: "Divide each embedding by its length." },
    top_k: { type: "integer", minimum: 1, description: "How many labels to return." },
  },
  additionalProperties: false,
} as const;

interface TaskBody {
  readonly model?: string;
  readonly images?: readonly string[];
  readonly texts?: readonly string[];
  readonly labels?: readonly string[];
  readonly template?: string;
  readonly normalize?: boolean;
  readonly top_k?: number;
}

/**
 * Reads and checks a task. Throws RequestError or one of Fastify's errors, which say what is wrong.
 */
export async function readTask(request: FastifyRequest): Promise<TaskInput> {
  if (request.isMultipart()) return readForm(request);
  if (request.validationError) throw request.validationError;
  const { model, images, texts, labels, template, normalize, top_k } = request.body as TaskBody;
  return {
    ...(model !== undefined && { model }),
    pictures: (images ?? []).map((image, i) => ({
      name: `images[${i}]`,
      bytes: new Uint8Array(Buffer.from(image, "base64")),
    })),
    texts: texts ?? [],
    labels: labels ?? [],
    ...(template !== undefined && { template }),
    normalize: normalize ?? false,
    ...(top_k !== undefined && { topK: top_k }),
  };
}

async function readForm(request: FastifyRequest): Promise<TaskInput> {
  const { pictures, fields } = await readParts(request).catch((error: Error) => {
    // The parser's own errors say what is wrong with the form, and nothing of whose fault that is.
    throw error instanceof RequestError || "statusCode" in error
      ? error
      : new RequestError("bad-request", `the form cannot be parsed: ${error.message}`);
  });
  const one = (name: string): string | undefined => {
    const values = fields.get(name) ?? [];
    if (values.length > 1) throw new RequestError("bad-request", `${name} is given twice`);
    return values[0];
  };
  const [model, template, normalize, topK] = ["model", "template", "normalize", "top_k"].map(one);
  if (normalize !== undefined && normalize !== "true" && normalize !== "false")
    throw new RequestError(
      "bad-request",
      `normalize: expected true or false, received ${JSON.stringify(normalize)}`,
    );
  if (topK !== undefined && !/^[1-9]\d{0,8}$/.test(topK))
    throw new RequestError(
      "bad-request",
      `top_k: expected a positive integer, received ${JSON.stringify(topK)}`,
    );
  return {
    ...(model !== undefined && { model }),
    pictures,
    texts: fields.get("texts") ?? [],
    labels: fields.get("labels") ?? [],
    ...(template !== undefined && { template }),
    normalize: normalize === "true",
    ...(topK !== undefined && { topK: Number(topK) }),
  };
}

async function readParts(request: FastifyRequest): Promise<{
  readonly pictures: readonly PictureFile[];
  readonly fields: ReadonlyMap<string, readonly string[]>;
}> {
  const pictures: PictureFile[] = [];
  const fields = new Map<string, string[]>();
  for await (const part of request.parts()) {
    if (part.type === "file") {
      const bytes = new Uint8Array(await part.toBuffer());
      pictures.push({ name: part.filename || `images[${pictures.length}]`, bytes });
    } else {
      if (!Object.hasOwn(taskSchema.properties, part.fieldname))
        throw new RequestError("bad-request", `unknown field ${JSON.stringify(part.fieldname)}`);
      fields.set(part.fieldname, [...(fields.get(part.fieldname) ?? []), String(part.value)]);
    }
  }
  return { pictures, fields };
}
