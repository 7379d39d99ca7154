/** Measures how close the embeddings of a quantised checkpoint are to the original's. */
import { InputError, uniform } from "@sigil/runtime/internal";
import { embedImages, embedTexts, imageFeatures, textFeatures } from "../embeddings.ts";
import type { Unreadable } from "../read-pictures.ts";
import { openModel, type OpenModel } from "../session.ts";

export interface Samples {
  /** Paths; without any, noise. */
  readonly pictures: readonly string[];
  readonly texts: readonly string[];
}

/** Rows of embeddings, of unit length. */
export interface Embeddings {
  readonly images: readonly Float32Array[];
  readonly texts: readonly Float32Array[];
}

const noise = 8;

/** Embeds the samples with a checkpoint, one tower after the other. */
export async function embedSamples(folder: string, samples: Samples): Promise<Embeddings> {
  const opened = await openModel(folder, { lazy: true, pictures: samples.pictures.length > 0 });
  try {
    const { kind } = opened.session.plan;
    return {
      images: /^siglip2?(-vision)?$/.test(kind) ? await imagesOf(opened, samples.pictures) : [],
      texts: /^siglip2?(-text)?$/.test(kind) ? await textsOf(opened, samples.texts) : [],
    };
  } finally {
    await opened.close();
  }
}

async function imagesOf(opened: OpenModel, pictures: readonly string[]): Promise<Float32Array[]> {
  if (pictures.length > 0) {
    const rows: Float32Array[] = [];
    const refuse = ({ image, problem }: Unreadable): never => {
      throw new InputError(`${image}: ${problem}`);
    };
    for await (const { embeds } of embedImages(opened, pictures, refuse))
      rows.push(...unitRows(embeds));
    return rows;
  }
  const [, ...shape] = inputShape(opened, "pixel_values") ?? [];
  // A NaFlex model takes patches, of pictures alone.
  if (shape.length === 0) return [];
  const count = shape.reduce((a, b) => a * b, noise);
  return unitRows(
    await imageFeatures(opened, {
      pixelValues: { data: uniform("noise", count), shape: [noise, ...shape] },
    }),
  );
}

async function textsOf(opened: OpenModel, texts: readonly string[]): Promise<Float32Array[]> {
  if (texts.length > 0) {
    const rows: Float32Array[] = [];
    for await (const { embeds } of embedTexts(opened, texts)) rows.push(...unitRows(embeds));
    return rows;
  }
  const { plan } = opened.session;
  const ids = plan.programs
    .flatMap(({ gathers }) => gathers)
    .find(({ input }) => input === "input_ids");
  if (!ids) throw new Error("internal: no program gathers input_ids");
  const vocabulary = plan.tensors[ids.table]![0]!;
  const inputIds = Array.from({ length: noise }, (_, row) =>
    Array.from(uniform(`noise ${row}`, opened.textLength), (u) =>
      Math.min(vocabulary - 1, Math.floor(((u + 1) / 2) * vocabulary)),
    ),
  );
  return unitRows(await textFeatures(opened, { inputIds }));
}

/** Sizes of an input, the first of which is the batch. */
const inputShape = ({ session }: OpenModel, input: string): number[] | undefined =>
  session.plan.programs
    .flatMap(({ inputs }) => inputs)
    .find(({ name }) => name === input)
    ?.shape.map(Number);

function unitRows({
  data,
  shape,
}: {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}): Float32Array[] {
  const width = shape.at(-1)!;
  return Array.from({ length: data.length / width }, (_, row) => {
    const values = Float32Array.from({ length: width }, (_, i) => data[row * width + i]!);
    const norm = Math.hypot(...values);
    return values.map((x) => x / norm);
  });
}

const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

export interface Kept {
  readonly count: number;
  readonly least: number;
  readonly mean: number;
}

/** Cosines between the embeddings that two checkpoints give for the same samples. */
export function cosines(a: readonly Float32Array[], b: readonly Float32Array[]): Kept | undefined {
  if (a.length === 0) return undefined;
  const all = a.map((row, i) => Math.min(1, dot(row, b[i]!)));
  return {
    count: all.length,
    least: Math.min(...all),
    mean: all.reduce((sum, x) => sum + x, 0) / all.length,
  };
}

/** The number of pictures whose nearest text is the same with both checkpoints. */
export function answersKept(a: Embeddings, b: Embeddings): number {
  const answer = (image: Float32Array, texts: readonly Float32Array[]): number => {
    const scores = texts.map((text) => dot(image, text));
    return scores.indexOf(Math.max(...scores));
  };
  return a.images.filter((image, i) => answer(image, a.texts) === answer(b.images[i]!, b.texts))
    .length;
}
