/**
 * Embeds many pictures or texts: in one process, in parts, or through a queue that machines share.
 */
export { serveBoard, type Board } from "./board.ts";
export { BulkError, type BulkErrorCode } from "./bulk-error.ts";
export type { EmbeddedRows, Embedder, Unreadable } from "./embedder.ts";
export { embedShard, isDone, shardPath, type ShardResult } from "./embed-shard.ts";
export {
  parquetInputs,
  readInputs,
  type Input,
  type InputList,
  type NamedInputs,
  type ParquetInputs,
} from "./inputs.ts";
export { formats, planShards, shardsOf, type Format, type Job, type Shard } from "./job.ts";
export { enqueueShards, startWorker, type EnqueueResult, type WorkerOptions } from "./queue.ts";
export { runShards, type RunOptions, type RunResult } from "./run-shards.ts";
