import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { BulkError } from "./bulk-error.ts";
import type { Job } from "./job.ts";
import { publish } from "./publish.ts";

/**
 * Makes the folder of a job, or continues with the one that an earlier run or another process left.
 * Throws BulkError if it holds another job, whose shards would be mistaken for those of this one.
 */
export async function openJobFolder(job: Job): Promise<void> {
  await mkdir(job.out, { recursive: true });
  await removeLeftovers(job.out);
  const file = join(job.out, "_job.json");
  // The folder may be at another path where other machines see it.
  const { out: _, ...described } = job;
  if (await publish(file, Buffer.from(`${JSON.stringify(described, undefined, 2)}\n`))) return;
  const found = await readJob(file);
  const differing = Object.entries(described).filter(([key, value]) => found[key] !== value);
  if (differing.length > 0)
    throw new BulkError(
      "other-job",
      `${job.out} holds the shards of another job, which has ${differing
        .map(([key]) => `${key} ${JSON.stringify(found[key])}`)
        .join(", ")}: choose another folder`,
    );
}

async function readJob(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  } catch (cause) {
    throw new BulkError(
      "other-job",
      `${file}: expected the description of a job that sigil embed wrote`,
      { cause },
    );
  }
}

/** Removes partial files of killed processes. No shard takes a day to write. */
async function removeLeftovers(folder: string): Promise<void> {
  const yesterday = Date.now() - 24 * 3600 * 1000;
  for (const name of await readdir(folder)) {
    if (!name.endsWith(".part")) continue;
    const path = join(folder, name);
    const state = await stat(path).catch(() => undefined);
    if (state && state.mtimeMs < yesterday) await rm(path, { force: true });
  }
}
