/** Computes one shard and makes its file. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { unitLength } from "@sigil/runtime/internal";
import type { Embedder, Unreadable } from "./embedder.ts";
import { readInputs } from "./inputs.ts";
import { shardsOf, type Job, type Shard } from "./job.ts";
import { publish } from "./publish.ts";
import { shardFile } from "./shard-file.ts";

export interface ShardResult {
  readonly rows: number;
  readonly unreadable: readonly Unreadable[];
  /** False if another process made the file first. */
  readonly isOurs: boolean;
}

/** The path of a shard's file, such as `OUT/shard-00002-of-00010.parquet`. */
export function shardPath({ job, index }: { readonly job: Job; readonly index: number }): string {
  const number = (n: number): string => String(n).padStart(5, "0");
  return join(job.out, `shard-${number(index)}-of-${number(shardsOf(job))}.${job.format}`);
}

/** Whether the file of a shard exists. */
export const isDone = (shard: Shard): boolean => existsSync(shardPath(shard));

/**
 * Computes a shard and writes its file. Inputs that cannot be read are listed beside it, in
 * `_….unreadable.jsonl`. `onRows` is called with the number of inputs of the shard that are done.
 */
export async function embedShard(
  shard: Shard,
  embedder: Embedder,
  onRows: (inputs: number) => void = () => {},
): Promise<ShardResult> {
  const { job } = shard;
  const inputs = await readInputs(shard.inputs);
  const unreadable: Unreadable[] = [];
  const ids: string[] = [];
  let embeddings = new Float32Array(0);
  let width = 0;
  for await (const { places, embeds } of embedder.embed(inputs, (one) => unreadable.push(one))) {
    if (width === 0) {
      width = embeds.shape[1]!;
      embeddings = new Float32Array(inputs.length * width);
    }
    for (const [i, place] of places.entries()) {
      const row = embeds.data.subarray(i * width, (i + 1) * width);
      embeddings.set(job.normalize ? unitLength(row) : row, ids.length * width);
      ids.push(inputs[place]!.id);
    }
    onRows(places.at(-1)! + 1);
  }
  const path = shardPath(shard);
  // Readers of a folder of Parquet pass over names with an underscore. Before the shard, which says
  // that both are there.
  if (unreadable.length > 0)
    await publish(
      join(job.out, `_${basename(path)}.unreadable.jsonl`),
      Buffer.from(unreadable.map((one) => `${JSON.stringify(one)}\n`).join("")),
    );
  const isOurs = await publish(
    path,
    shardFile(
      {
        ids,
        embeddings: embeddings.subarray(0, ids.length * width),
        width,
        model: embedder.model,
        revision: embedder.revision,
      },
      job.format,
    ),
  );
  return { rows: ids.length, unreadable, isOurs };
}
