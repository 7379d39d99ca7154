import { InputError, unitLength } from "@sigil/runtime/internal";
import { isBulk, runBulk, type BulkOptions } from "../bulk-job.ts";
import { embedImages, embedTexts, type EmbeddedRows } from "../embeddings.ts";
import { linesOf } from "../lines.ts";
import { withProgress, type Report } from "../progress.ts";
import { pictureArguments } from "../picture-arguments.ts";
import { reportUnreadable, type Unreadable } from "../read-pictures.ts";
import { openModel } from "../session.ts";
import { saveTensors } from "../tensors/save-tensors.ts";

export interface EmbedOptions extends BulkOptions {
  readonly text?: readonly string[];
  readonly texts?: boolean;
}

/**
 * Embeds pictures or texts: JSON lines on stdout as they are computed, or one tensor in a
 * safetensors file. A picture that cannot be read has no line, or a row of NaN in the file, so that
 * rows stay with their pictures; it is listed at the end, and the exit status is 1. With a format,
 * `out` is a folder of shards.
 */
export async function embed(given: string[], options: EmbedOptions): Promise<void> {
  if (isBulk(options)) return runBulk(given, options);
  const images = await pictureArguments(given);
  const texts = options.texts ? await all(linesOf(process.stdin)) : [...(options.text ?? [])];
  if (images.length > 0 === texts.length > 0)
    throw new InputError(
      "expected pictures or texts (--text, --texts), received " +
        `${images.length > 0 ? "both" : "neither"}`,
    );
  const opened = await openModel(options.model, {
    lazy: true,
    checkpoint: options.checkpoint,
    tower: options.tower,
    maxNumPatches: options.maxNumPatches,
    pictures: images.length > 0,
    kinds: ["siglip", images.length > 0 ? "siglip-vision" : "siglip-text"],
  });
  const unreadable: Unreadable[] = [];
  try {
    const [kind, names, rows] =
      images.length > 0
        ? (["image", images, embedImages(opened, images, (one) => unreadable.push(one))] as const)
        : (["text", texts, embedTexts(opened, texts)] as const);
    const { out } = options;
    const run = (report: Report): Promise<void> =>
      out === undefined
        ? forEachRow(rows, names.length, options, report, (place, row) =>
            process.stdout.write(
              `${JSON.stringify({ [kind]: names[place]!, embedding: Array.from(row) })}\n`,
            ),
          )
        : save(rows, names.length, `${kind}_embeds`, out, options, report);
    // On one terminal the bar would stand among the rows.
    await (out === undefined && process.stdout.isTTY
      ? run(() => {})
      : withProgress("embedding", run));
  } finally {
    await opened.close();
    reportUnreadable(unreadable, images.length);
  }
}

async function forEachRow(
  rows: AsyncIterable<EmbeddedRows>,
  count: number,
  { normalize }: EmbedOptions,
  report: Report,
  use: (place: number, row: Float32Array) => void,
): Promise<void> {
  for await (const { places, embeds } of rows) {
    const width = embeds.shape[1]!;
    for (const [i, place] of places.entries()) {
      const row = Float32Array.from(embeds.data.subarray(i * width, (i + 1) * width));
      use(place, normalize ? unitLength(row) : row);
    }
    report(places.at(-1)! + 1, count);
  }
}

/** Nothing is written where no row was computed. */
async function save(
  rows: AsyncIterable<EmbeddedRows>,
  count: number,
  name: string,
  out: string,
  options: EmbedOptions,
  report: Report,
): Promise<void> {
  let data: Float32Array | undefined;
  let width = 0;
  await forEachRow(rows, count, options, report, (place, row) => {
    width = row.length;
    data ??= new Float32Array(count * width).fill(Number.NaN);
    data.set(row, place * width);
  });
  if (data) await saveTensors(out, { [name]: { dtype: "F32", data, shape: [count, width] } });
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
