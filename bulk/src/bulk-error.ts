import { SigilError } from "@sigil/runtime";

/**
 * `other-job`: the folder holds shards of other inputs or of another model. `bad-input`: a list or
 * a Parquet file cannot be read. `queue`: Redis cannot be reached, or a shard failed for good.
 */
export type BulkErrorCode = "other-job" | "bad-input" | "queue";

export class BulkError extends SigilError {
  override readonly name = "BulkError";
  readonly code: BulkErrorCode;

  constructor(code: BulkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
