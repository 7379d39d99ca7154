import { readdirSync } from "node:fs";
import { join } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";

export interface StoredRow {
  readonly id: string;
  readonly embedding: readonly number[];
  readonly model: string;
  readonly revision: string;
}

/** The rows of every shard of a folder, in order. */
export async function readShards(folder: string): Promise<StoredRow[]> {
  const rows: StoredRow[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith(".parquet")) continue;
    const file = await asyncBufferFromFile(join(folder, name));
    rows.push(...((await parquetReadObjects({ file })) as unknown as StoredRow[]));
  }
  return rows;
}
