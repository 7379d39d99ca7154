import { createInterface } from "node:readline";
import { InputError, type Tensor } from "@sigil/runtime";
import { decodeImage } from "@sigil/runtime/node";
import { withProgress } from "../progress.ts";
import { openSession, type ModelSession } from "../session.ts";
import { saveTensors } from "../tensors/save-tensors.ts";

export interface EmbedOptions {
  readonly model: string;
  readonly text?: readonly string[];
  readonly texts?: boolean;
  readonly normalize?: boolean;
  readonly out?: string;
}

/** Embeds pictures or texts: JSON lines on stdout, or one tensor in a safetensors file. */
export async function embed(images: string[], options: EmbedOptions): Promise<void> {
  const texts = options.texts ? await linesOfStdin() : [...(options.text ?? [])];
  if (images.length > 0 === texts.length > 0)
    throw new InputError(
      `expected pictures or texts (--text, --texts), received ${images.length > 0 ? "both" : "neither"}`,
    );
  const session = await openSession(options.model, { lazy: true });
  try {
    const batches =
      images.length > 0 ? await embedImages(session, images) : await embedTexts(session, texts);
    const width = batches[0]!.shape[1]!;
    const data = new Float32Array(batches.reduce((n, batch) => n + batch.data.length, 0));
    let at = 0;
    for (const batch of batches) {
      data.set(batch.data, at);
      at += batch.data.length;
    }
    if (options.normalize) normalize(data, width);
    const names = images.length > 0 ? images : texts;
    const kind = images.length > 0 ? "image" : "text";
    if (options.out !== undefined)
      await saveTensors(options.out, {
        [`${kind}_embeds`]: { dtype: "F32", data, shape: [names.length, width] },
      });
    else
      names.forEach((name, i) =>
        process.stdout.write(
          `${JSON.stringify({ [kind]: name, embedding: Array.from(data.subarray(i * width, (i + 1) * width)) })}\n`,
        ),
      );
  } finally {
    await session.close();
  }
}

/** Decoded a few at a time, so that a folder of photographs is never in memory at once. */
async function embedImages(
  { model, processor }: ModelSession,
  images: readonly string[],
): Promise<Tensor[]> {
  const size = 8;
  return withProgress("embedding", async (report) => {
    const batches: Tensor[] = [];
    for (let begin = 0; begin < images.length; begin += size) {
      const pictures = await Promise.all(
        images.slice(begin, begin + size).map((image) => decodeImage(image)),
      );
      const { pixelValues, shape } = processor.preprocess(pictures);
      batches.push(await model.getImageFeatures({ pixelValues: { data: pixelValues, shape } }));
      report(Math.min(begin + size, images.length), images.length);
    }
    return batches;
  });
}

async function embedTexts(
  { model, tokenizer, textLength }: ModelSession,
  texts: readonly string[],
): Promise<Tensor[]> {
  const { inputIds } = tokenizer.encode(texts, {
    padding: "max_length",
    truncation: true,
    maxLength: textLength,
  });
  return [await model.getTextFeatures({ inputIds })];
}

function normalize(data: Float32Array, width: number): void {
  for (let begin = 0; begin < data.length; begin += width) {
    const row = data.subarray(begin, begin + width);
    const size = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    row.forEach((x, i) => (row[i] = x / size));
  }
}

async function linesOfStdin(): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: process.stdin }))
    if (line !== "") lines.push(line);
  return lines;
}
