/** `sigil embed` over many inputs, whose embeddings are a folder of shards. */
import { createReadStream, existsSync } from "node:fs";
import { resolve } from "node:path";
import { InputError } from "@sigil/runtime";
import type * as Bulk from "@sigil/bulk";
import type { Embedder, Format, Input, InputList, Job } from "@sigil/bulk";
import type { Tower } from "@sigil/spec";
import { embedImages, embedTexts } from "./embeddings.ts";
import { linesOf } from "./lines.ts";
import { pictureArguments } from "./picture-arguments.ts";
import { withProgress } from "./progress.ts";
import { reportUnreadable, type PictureInput } from "./read-pictures.ts";
import { openModel } from "./session.ts";

export interface BulkOptions {
  readonly model: string;
  readonly checkpoint?: string;
  readonly tower?: Tower;
  readonly normalize?: boolean;
  readonly maxNumPatches?: number;
  readonly out?: string;
  /** Of the shards; a bulk job has one. */
  readonly format?: Format;
  readonly shardSize?: number;
  /** A part of the shards: `index` of `of`. */
  readonly shard?: { readonly index: number; readonly of: number };
  readonly queue?: string;
  /** A file with a picture or a text a line. */
  readonly list?: string;
  readonly parquet?: string;
  readonly column?: string;
  readonly id?: string;
  /** Inputs from a list or Parquet are texts. */
  readonly asTexts?: boolean;
}

export const isBulk = ({ format, shard, queue, list, parquet }: BulkOptions): boolean =>
  [format, shard, queue, list, parquet].some((option) => option !== undefined);

/** Not installed with Sigil: a queue and Parquet weigh more than the rest of the command. */
export const loadBulk = async (): Promise<typeof Bulk> =>
  import("@sigil/bulk").catch((cause: unknown) => {
    throw new InputError(
      "embedding in shards needs the package @sigil/bulk: npm install @sigil/bulk",
      {
        cause,
      },
    );
  });

export async function runBulk(given: readonly string[], options: BulkOptions): Promise<void> {
  const { model, checkpoint, tower, queue, out, format = "parquet", shardSize = 1000 } = options;
  if (out === undefined)
    throw new InputError("embedding in shards writes to a folder: name it with --out");
  if (queue !== undefined && options.shard)
    throw new InputError("--shard and --queue both divide a job: leave one out");
  const { enqueueShards, planShards, runShards, shardsOf } = await loadBulk();
  const kind = options.asTexts ? "text" : "image";
  const shards = planShards(
    {
      kind,
      // A worker begins in another folder.
      model: existsSync(model) ? resolve(model) : model,
      ...(checkpoint !== undefined && { checkpoint }),
      ...(tower !== undefined && { tower }),
      ...(options.maxNumPatches !== undefined && { maxNumPatches: options.maxNumPatches }),
      normalize: options.normalize ?? false,
      out: resolve(out),
      format,
      shardSize,
    },
    await inputsOf(given, options),
  );
  const [first] = shards;
  if (!first) throw new InputError("expected pictures or texts, received none");
  if (queue !== undefined) {
    process.stderr.write(
      `${shardsOf(first.job)} shards in ${queue}; ` +
        `compute them with sigil worker --queue ${queue}\n`,
    );
    const { found, rows, unreadable } = await withProgress("embedding", (report) =>
      enqueueShards(shards, queue, report),
    );
    reportWritten(out, { rows, found, shards: shards.length });
    if (unreadable > 0) {
      process.stderr.write(`error: ${unreadable} inputs were left out, see *.unreadable.jsonl\n`);
      process.exitCode = 1;
    }
    return;
  }
  const result = await withProgress("embedding", (onProgress) =>
    runShards(shards, () => openEmbedder(first.job), {
      onProgress,
      ...(options.shard && { part: options.shard }),
    }),
  );
  reportWritten(out, result);
  reportUnreadable(
    result.unreadable.map(({ id, problem }) => ({ image: id, problem })),
    first.job.count,
  );
}

async function inputsOf(given: readonly string[], options: BulkOptions): Promise<InputList> {
  const { list, parquet, column, id } = options;
  const named = [given.length > 0, list !== undefined, parquet !== undefined].filter(Boolean);
  if (named.length !== 1)
    throw new InputError(
      "expected exactly one of pictures, --list, or --parquet with --column, received " +
        `${named.length || "none"}`,
    );
  if (parquet !== undefined) {
    if (column === undefined) throw new InputError("--parquet: name the column with --column");
    return (await loadBulk()).parquetInputs(resolve(parquet), column, id);
  }
  const base = options.asTexts ? {} : { base: process.cwd() };
  if (list === undefined) return { names: await pictureArguments(given), ...base };
  const names: string[] = [];
  const stream = list === "-" ? process.stdin : createReadStream(list);
  for await (const line of linesOf(stream)) names.push(line);
  return { names, ...base };
}

/** The model of a job, in this process. */
export async function openEmbedder(job: Job): Promise<Embedder> {
  const { model, checkpoint, kind } = job;
  const opened = await openModel(model, {
    lazy: true,
    checkpoint,
    tower: job.tower as Tower | undefined,
    maxNumPatches: job.maxNumPatches,
    pictures: kind === "image",
    kinds: ["siglip", kind === "image" ? "siglip-vision" : "siglip-text"],
  });
  return {
    model,
    // A snapshot in the Hub's cache is a folder named after its commit.
    revision: /[\\/]snapshots[\\/]([0-9a-f]{40})$/.exec(opened.name)?.[1] ?? "",
    async *embed(inputs, onUnreadable) {
      if (kind === "text") {
        yield* embedTexts(opened, inputs.map(textOf));
        return;
      }
      const pictures = inputs.map(pictureOf);
      let at = 0;
      yield* embedImages(opened, pictures, ({ image, problem }) => {
        // Told in order, by name; several may have one.
        at = pictures.findIndex((picture, i) => i >= at && nameOf(picture) === image);
        onUnreadable({ id: inputs[at++]!.id, problem });
      });
    },
    close: () => opened.close(),
  };
}

const nameOf = (picture: PictureInput): string =>
  typeof picture === "string" ? picture : picture.name;

/** What is neither a name nor a file is a file that does not decode. */
const pictureOf = ({ id, value }: Input): PictureInput =>
  typeof value === "string" ? value : { name: id, file: value ?? new Uint8Array(0) };

function textOf({ id, value }: Input): string {
  if (typeof value === "string") return value;
  throw new InputError(`${id}: expected a text, received ${value ? "bytes" : "nothing"}`);
}

const reportWritten = (
  out: string,
  { rows, shards, found }: Readonly<Record<"rows" | "shards" | "found", number>>,
): void =>
  void process.stderr.write(
    `${out}: wrote ${rows} rows; ${found} of ${shards} shards were there before\n`,
  );
