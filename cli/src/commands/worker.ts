import { loadBulk, openEmbedder } from "../bulk-job.ts";

export interface WorkerOptions {
  readonly queue: string;
  /** Port of a page that shows the queue. */
  readonly board?: number;
}

/**
 * Computes the shards of `sigil embed --queue` until SIGTERM or SIGINT, after which the shard under
 * way is completed.
 */
export async function worker({ queue, board: port }: WorkerOptions): Promise<void> {
  const { serveBoard, shardPath, startWorker } = await loadBulk();
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  const started = await startWorker(queue, {
    open: openEmbedder,
    onShard: (shard, { rows, unreadable }) =>
      process.stderr.write(
        `${shardPath(shard)}: ${rows} ` +
          `rows${unreadable > 0 ? `, ${unreadable} inputs left out` : ""}\n`,
      ),
    onFailure: (shard, { message }) =>
      process.stderr.write(`error: ${shard ? `shard ${shard.index}: ` : ""}${message}\n`),
  });
  process.stderr.write(`waiting for shards in ${queue.replace(/\/\/[^@/]*@/, "//")}\n`);
  const board = port === undefined ? undefined : await serveBoard(queue, port);
  if (board) process.stderr.write(`see the queue at ${board.address}\n`);
  await stopped;
  await board?.close();
  await started.close();
}
