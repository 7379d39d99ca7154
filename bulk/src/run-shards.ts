/** Computes the shards of a job, or a part of them, in this process. */
import type { Embedder, Unreadable } from "./embedder.ts";
import { embedShard, isDone } from "./embed-shard.ts";
import { openJobFolder } from "./job-folder.ts";
import type { Shard } from "./job.ts";

export interface RunOptions {
  /**
   * Compute every `of`th shard, beginning with shard `index`, so that several machines can share a
   * job.
   */
  readonly part?: { readonly index: number; readonly of: number };
  /** Called with the number of inputs done, and of those that remained at the start. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface RunResult {
  readonly shards: number;
  /** How many shards an earlier run had made. */
  readonly found: number;
  readonly rows: number;
  readonly unreadable: readonly Unreadable[];
}

/**
 * Computes the shards that have no file yet. `open` opens the model, and is called only if a shard
 * remains. Throws BulkError if the folder has another job.
 */
export async function runShards(
  shards: readonly Shard[],
  open: () => Promise<Embedder>,
  { part = { index: 0, of: 1 }, onProgress = () => {} }: RunOptions = {},
): Promise<RunResult> {
  const [first] = shards;
  if (!first) return { shards: 0, found: 0, rows: 0, unreadable: [] };
  await openJobFolder(first.job);
  const own = shards.filter(({ index }) => index % part.of === part.index);
  const left = own.filter((shard) => !isDone(shard));
  const unreadable: Unreadable[] = [];
  let rows = 0;
  if (left.length > 0) {
    const sizeOf = ({ index, job }: Shard): number =>
      Math.min(job.count, (index + 1) * job.shardSize) - index * job.shardSize;
    const total = left.reduce((sum, shard) => sum + sizeOf(shard), 0);
    const embedder = await open();
    try {
      let before = 0;
      for (const shard of left) {
        const result = await embedShard(shard, embedder, (done) =>
          onProgress(before + done, total),
        );
        rows += result.rows;
        unreadable.push(...result.unreadable);
        onProgress((before += sizeOf(shard)), total);
      }
    } finally {
      await embedder.close();
    }
  }
  return { shards: own.length, found: own.length - left.length, rows, unreadable };
}
