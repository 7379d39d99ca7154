/** Shards in a BullMQ queue, on Redis or Valkey. Workers on any machine take shards from it. */
import { Job as QueueJob, Queue, QueueEvents, UnrecoverableError, Worker } from "bullmq";
import { Redis } from "ioredis";
import { BulkError } from "./bulk-error.ts";
import type { Embedder } from "./embedder.ts";
import { embedShard, isDone } from "./embed-shard.ts";
import { openJobFolder } from "./job-folder.ts";
import type { Job, Shard } from "./job.ts";

export const queueName = "sigil-embed";
const attempts = 5;

/** What a finished shard leaves in the queue. */
interface Finished {
  readonly rows: number;
  readonly unreadable: number;
}

export interface EnqueueResult extends Finished {
  readonly shards: number;
  readonly found: number;
}

/**
 * Puts the remaining shards into the queue, and waits until workers have computed them. A shard
 * that is already in the queue is not added again. Throws BulkError for shards that failed five
 * times.
 */
export async function enqueueShards(
  shards: readonly Shard[],
  url: string,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<EnqueueResult> {
  const [first] = shards;
  if (!first) return { shards: 0, found: 0, rows: 0, unreadable: 0 };
  await openJobFolder(first.job);
  const left = shards.filter((shard) => !isDone(shard));
  const connection = await connected(url);
  const queue = new Queue<Shard, Finished>(queueName, { connection });
  const events = new QueueEvents(queueName, { connection: connection.duplicate() });
  try {
    await events.waitUntilReady();
    // Ids may have no colon.
    const idOf = ({ job, index }: Shard): string => `${job.inputs}-${job.format}-${index}`;
    const waiting = new Map(left.map((shard) => [idOf(shard), shard]));
    const failed: string[] = [];
    const sum = { rows: 0, unreadable: 0 };
    const settled = new Promise<void>((resolve) => {
      const end = (id: string, result?: Finished): void => {
        if (!waiting.delete(id)) return;
        sum.rows += result?.rows ?? 0;
        sum.unreadable += result?.unreadable ?? 0;
        onProgress(left.length - waiting.size, left.length);
        if (waiting.size === 0) resolve();
      };
      events.on("completed", ({ jobId, returnvalue }) =>
        end(jobId, returnvalue as unknown as Finished),
      );
      events.on("failed", ({ jobId, failedReason }) => {
        const shard = waiting.get(jobId);
        if (shard) failed.push(`shard ${shard.index}: ${failedReason}`);
        end(jobId);
      });
      if (waiting.size === 0) resolve();
    });
    await forgetFinished(queue, left.map(idOf));
    await queue.addBulk(
      left.map((shard) => ({
        name: "shard",
        data: shard,
        opts: {
          jobId: idOf(shard),
          attempts,
          backoff: { type: "exponential", delay: 1000 },
          removeOnComplete: { age: 24 * 3600 },
        },
      })),
    );
    await settled;
    if (failed.length > 0)
      throw new BulkError("queue", `${failed.length} shards failed:\n${failed.join("\n")}`);
    return { shards: shards.length, found: shards.length - left.length, ...sum };
  } finally {
    await Promise.allSettled([events.close(), queue.close()]);
    connection.disconnect();
  }
}

/** Removes shards that ended in an earlier run without a file, so that they are added again. */
async function forgetFinished(queue: Queue, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const job = await QueueJob.fromId(queue, id);
    if (!job) continue;
    const state = await job.getState();
    if (state === "completed" || state === "failed") await job.remove();
  }
}

export interface WorkerOptions {
  /** Opens the model of a job. It stays open until a job with another model arrives. */
  readonly open: (job: Job) => Promise<Embedder>;
  readonly onShard?: (shard: Shard, finished: Finished) => void;
  readonly onFailure?: (shard: Shard | undefined, problem: Error) => void;
  /**
   * Milliseconds after which a shard whose worker is silent is given to another. Default 30,000.
   */
  readonly lockDuration?: number;
}

/** Takes shards from the queue until `close`, which waits for the current shard. */
export async function startWorker(
  url: string,
  { open, onShard, onFailure, lockDuration = 30_000 }: WorkerOptions,
): Promise<{ readonly close: () => Promise<void> }> {
  const connection = await connected(url);
  let current: { readonly key: string; readonly embedder: Embedder } | undefined;
  const embedderOf = async (job: Job): Promise<Embedder> => {
    const key = JSON.stringify([job.kind, job.model, job.checkpoint, job.tower, job.maxNumPatches]);
    if (current?.key === key) return current.embedder;
    await current?.embedder.close();
    current = undefined;
    current = { key, embedder: await open(job) };
    return current.embedder;
  };
  const worker = new Worker<Shard, Finished>(
    queueName,
    async ({ data: shard }) => {
      if (isDone(shard)) return { rows: 0, unreadable: 0 };
      await openJobFolder(shard.job).catch((error: unknown) => {
        // Trying again does not make it this job's.
        throw error instanceof BulkError ? new UnrecoverableError(error.message) : error;
      });
      const { rows, unreadable } = await embedShard(shard, await embedderOf(shard.job));
      return { rows, unreadable: unreadable.length };
    },
    {
      connection,
      concurrency: 1,
      lockDuration,
      stalledInterval: lockDuration,
      // A machine that is reclaimed again and again is no fault of the shard's.
      maxStalledCount: 20,
    },
  );
  worker.on("completed", ({ data }, result) => onShard?.(data, result));
  worker.on("failed", (job, error) => onFailure?.(job?.data, error));
  worker.on("error", (error) => onFailure?.(undefined, error));
  return {
    async close(): Promise<void> {
      await worker.close();
      await current?.embedder.close();
      connection.disconnect();
    },
  };
}

/** Connects to Redis. Throws BulkError if it does not answer. */
export async function connected(url: string): Promise<Redis> {
  const connection = new Redis(url, { maxRetriesPerRequest: null, lazyConnect: true });
  // Told by whoever waits for a command, and by the worker.
  connection.on("error", () => {});
  try {
    await connection.connect();
  } catch (cause) {
    connection.disconnect();
    throw new BulkError(
      "queue",
      `${url.replace(/\/\/[^@/]*@/, "//")}: no Redis or Valkey answers there: ` +
        `${(cause as Error).message}`,
      { cause },
    );
  }
  return connection;
}
