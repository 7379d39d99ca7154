import { join } from "node:path";
import { listFiles, modelInfo, type ListFileEntry } from "@huggingface/hub";
import { shardsOf, singleWeights, weightsIndex } from "./checkpoint-files.ts";
import { download } from "./download.ts";
import { HubError } from "./hub-error.ts";
import { hubFetch, unreachable } from "./hub-fetch.ts";
import type { HubSettings } from "./hub-settings.ts";
import type { ModelCache } from "./model-cache.ts";
import { isCommit, type ModelId } from "./model-id.ts";
import { sizeOf } from "./remote-file.ts";

/** How far a file has come; a file that the cache has already is not reported. */
export interface FileProgress {
  readonly file: string;
  readonly loaded: number;
  readonly total: number;
}

/** How a snapshot is fetched. */
export interface FetchOptions {
  readonly onProgress?: ((progress: FileProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Brings the wanted files that a model has, and an index's shards, into the cache; returns the snapshot folder.
 * Throws HubError, and the signal's reason when aborted. */
export async function fetchSnapshot(
  cache: ModelCache,
  model: ModelId,
  wanted: readonly string[],
  settings: HubSettings,
  options: FetchOptions,
): Promise<string> {
  const fetch = hubFetch(settings, model, options.signal);
  const { commit, files } = await listSnapshot(model, settings, fetch, options.signal);
  const folder = cache.snapshot(commit);

  const bring = async (name: string): Promise<void> => {
    const entry = files.get(name);
    if (entry === undefined)
      throw new HubError(
        "not-found",
        `${model.name}@${model.revision} at ${settings.endpoint} has no ${name}`,
      );
    const hash = entry.lfs?.oid ?? entry.oid ?? "";
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash))
      throw new HubError("network", `the Hub at ${settings.endpoint} lists no hash for ${name}`);
    if (await cache.holds(commit, name, entry.size)) return;
    if ((await sizeOf(cache.blob(hash))) !== entry.size) {
      const url = `${settings.endpoint}/${model.name}/resolve/${commit}/${encodeURIComponent(name)}`;
      await download({ url, size: entry.size, hash }, cache.blob(hash), {
        fetch,
        broken: (cause) => unreachable(settings, cause),
        onBytes: (loaded) => options.onProgress?.({ file: name, loaded, total: entry.size }),
        signal: options.signal,
      });
    }
    await cache.link(commit, name, hash);
  };

  const single = wanted.includes(singleWeights) && files.has(singleWeights);
  for (const name of wanted) {
    if ((name === weightsIndex && single) || (name !== "config.json" && !files.has(name))) continue;
    await bring(name);
    if (name === weightsIndex)
      for (const shard of await shardsOf(join(folder, name))) await bring(shard);
  }
  // Only now: offline, a revision goes on naming the last commit that was fetched whole.
  if (!isCommit(model.revision)) await cache.setCommit(model.revision, commit);
  return folder;
}

async function listSnapshot(
  { name, revision }: ModelId,
  settings: HubSettings,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal | undefined,
) {
  const hub = { hubUrl: settings.endpoint, fetch };
  try {
    const { sha: commit } = await modelInfo({ ...hub, name, revision, additionalFields: ["sha"] });
    if (!isCommit(commit))
      throw new HubError(
        "network",
        `the Hub at ${settings.endpoint} names no commit for ${name}@${revision}`,
      );
    const files = new Map<string, ListFileEntry>();
    for await (const entry of listFiles({
      ...hub,
      repo: { type: "model", name },
      revision: commit,
    }))
      if (entry.type === "file") files.set(entry.path, entry);
    return { commit, files };
  } catch (cause) {
    signal?.throwIfAborted();
    // The library meets an answer that breaks off or is no JSON.
    throw cause instanceof HubError ? cause : unreachable(settings, cause);
  }
}
