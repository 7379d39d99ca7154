import {
  classifierModel,
  ImageClassification,
  InputError,
  siglipModel,
  taskOf,
  ZeroShotImageClassification,
  type SiglipVisionInputs,
} from "@sigil/runtime/internal";
import { pictureArguments } from "../picture-arguments.ts";
import { readPictures, reportUnreadable, type Unreadable } from "../read-pictures.ts";
import { openModel, type OpenModel } from "../session.ts";

export interface ClassifyOptions {
  readonly model: string;
  readonly checkpoint?: string;
  /** What to tell apart; a classifier has labels of its own. */
  readonly labels?: readonly string[];
  /** More of them, each as it stands. */
  readonly label?: readonly string[];
  readonly template?: string;
  readonly top?: number;
  readonly threads?: number;
  readonly maxNumPatches?: number;
  readonly json?: boolean;
}

type Scores = readonly { readonly label: string; readonly score: number }[];

const bar = (score: number): string => "█".repeat(Math.round(score * 24)).padEnd(24, "·");

/**
 * Labels of each picture by probability: those of `labels`, or a fine-tuned classifier's own, of
 * which the best five are printed. A picture that cannot be read is listed at the end, and the exit
 * status is 1.
 */
export async function classify(given: string[], options: ClassifyOptions): Promise<void> {
  const { checkpoint, threads, maxNumPatches, json } = options;
  const images = await pictureArguments(given);
  const opened = await openModel(options.model, {
    checkpoint,
    maxNumPatches,
    pictures: true,
    kinds: ["siglip", "siglip-image-classification"],
    ...(threads !== undefined && { threads }),
  });
  const unreadable: Unreadable[] = [];
  try {
    const labels = [...(options.labels ?? []), ...(options.label ?? [])];
    const scoresOf = classifierOf(opened, {
      ...options,
      ...(labels.length > 0 && { labels }),
    });
    const found: object[] = [];
    const leftOut = (one: Unreadable): void => void unreadable.push(one);
    for await (const { images: some, inputs } of readPictures(images, opened, leftOut)) {
      const results = await scoresOf(inputs);
      some.forEach((image, i) => {
        if (json) found.push({ image, labels: results[i]! });
        else process.stdout.write(described(image, results[i]!));
      });
    }
    if (json) process.stdout.write(`${JSON.stringify(found)}\n`);
    else if (unreadable.length < images.length) process.stdout.write("\n");
  } finally {
    await opened.close();
    reportUnreadable(unreadable, images.length);
  }
}

/** Scores of each picture, of every label as JSON, else of the best. */
function classifierOf(
  { name, session, tokenizer, textLength }: OpenModel,
  { labels, template, top, json }: ClassifyOptions,
): (inputs: SiglipVisionInputs) => Promise<readonly Scores[]> {
  if (taskOf(session.plan) === "siglip-image-classification") {
    const model = classifierModel(session);
    const given = labels ? "--labels" : template === undefined ? undefined : "--template";
    if (given !== undefined)
      throw new InputError(
        `${given}: ${name} is a classifier with labels of its own ` +
          `(${listedLabels(model.labels)}); leave ${given} out`,
      );
    const classifier = new ImageClassification(model);
    const topK = json ? model.labels.length : (top ?? 5);
    return (inputs) => classifier.classify(inputs, { topK });
  }
  if (!labels)
    throw new InputError(
      `${name} compares pictures with texts: give the texts with --labels, such as --labels "a ` +
        `cat,a dog"`,
    );
  const classifier = new ZeroShotImageClassification(siglipModel(session), tokenizer(), textLength);
  return async (inputs) =>
    (await classifier.classify(inputs, labels, template === undefined ? {} : { template })).map(
      (scores) => (json ? scores : scores.slice(0, top)),
    );
}

const listedLabels = (labels: readonly string[]): string =>
  labels.length > 8
    ? `${labels.slice(0, 8).join(", ")} and ${labels.length - 8} more`
    : labels.join(", ");

function described(image: string, labels: Scores): string {
  const width = Math.max(...labels.map(({ label }) => label.length));
  const lines = labels.map(
    ({ label, score }) =>
      `  ${label.padEnd(width)}  ${bar(score)} ${(score * 100).toFixed(2).padStart(6)} %\n`,
  );
  return `\n${image}\n${lines.join("")}`;
}
