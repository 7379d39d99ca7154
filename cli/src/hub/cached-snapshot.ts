import { join } from "node:path";
import {
  isOpenClip,
  openClipConfig,
  openClipWeights,
  shardsOf,
  singleWeights,
  weightsIndex,
} from "./checkpoint-files.ts";
import { HubError } from "./hub-error.ts";
import type { ModelCache } from "./model-cache.ts";
import { isCommit, type ModelId } from "./model-id.ts";

/**
 * The snapshot folder of a model in the cache, without asking the Hub. `offline` is the name of the
 * setting that forbids it. Throws HubError, which names what is missing of config.json and the
 * weights.
 */
export async function cachedSnapshot(
  cache: ModelCache,
  { name, revision }: ModelId,
  wanted: readonly string[],
  offline: string,
): Promise<string> {
  const lacking = (what: string) =>
    new HubError("offline", `${what}, and ${offline} forbids fetching it (cache: ${cache.folder})`);
  const commit = isCommit(revision) ? revision : await cache.commitOf(revision);
  if (commit === undefined || !isCommit(commit))
    throw lacking(`${name}@${revision} is not in the cache`);
  const missing: string[] = [];
  const need = async (file: string): Promise<void> =>
    void ((await cache.holds(commit, file)) || missing.push(file));

  const openClip =
    wanted.includes(openClipConfig) &&
    (await isOpenClip(cache.snapshot(commit), (file) => cache.holds(commit, file)));
  if (wanted.includes("config.json") && !openClip) await need("config.json");
  if (openClip && (await cache.holds(commit, openClipWeights))) return cache.snapshot(commit);
  if (wanted.includes(singleWeights) && !(await cache.holds(commit, weightsIndex)))
    await need(singleWeights);
  else if (
    wanted.includes(weightsIndex) &&
    !(wanted.includes(singleWeights) && (await cache.holds(commit, singleWeights)))
  ) {
    await need(weightsIndex);
    if (missing.at(-1) !== weightsIndex)
      for (const shard of await shardsOf(join(cache.snapshot(commit), weightsIndex)))
        await need(shard);
  }
  if (missing.length > 0)
    throw lacking(`the cache lacks ${missing.join(", ")} of ${name}@${revision}`);
  return cache.snapshot(commit);
}
