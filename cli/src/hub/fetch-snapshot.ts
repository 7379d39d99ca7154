import { join } from "node:path";
import { otherWeights } from "@sigil/runtime/node";
import { Attempts } from "./attempts.ts";
import {
  isOpenClip,
  openClipConfig,
  openClipWeights,
  shardsOf,
  singleWeights,
  weightsFiles,
  weightsIndex,
} from "./checkpoint-files.ts";
import { download, isVerified } from "./download.ts";
import { HubError } from "./hub-error.ts";
import { hubFetch } from "./hub-fetch.ts";
import type { HubSettings } from "./hub-settings.ts";
import { listSnapshot } from "./list-snapshot.ts";
import type { ModelCache } from "./model-cache.ts";
import { isCommit, type ModelId } from "./model-id.ts";
import { remoteFile } from "./remote-file.ts";

/** The progress of one file. Files that the cache already has are not reported. */
export interface FileProgress {
  readonly file: string;
  readonly loaded: number;
  readonly total: number;
}

/** How a snapshot is fetched. */
export interface FetchOptions {
  readonly onProgress?: ((progress: FileProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether an index brings its shards, as it does by default. */
  readonly shards?: boolean | undefined;
}

/**
 * Downloads the wanted files of a model, and the shards of its index, into the cache. Returns the
 * snapshot folder. Asks for the list of files at most `attempts` times. Throws HubError, and the
 * signal's reason when aborted.
 */
export async function fetchSnapshot(
  cache: ModelCache,
  model: ModelId,
  wanted: readonly string[],
  settings: HubSettings,
  { onProgress, signal, shards = true }: FetchOptions,
  attempts?: number,
): Promise<string> {
  const fetch = hubFetch(settings, model, signal);
  const { commit, files } = await listSnapshot(
    settings.endpoint,
    model,
    fetch,
    () => new Attempts(signal, attempts),
  );
  const folder = cache.snapshot(commit);
  const lacking = (what: string): HubError => {
    const advice = otherWeights([...files.keys()]);
    return new HubError(
      "not-found",
      `${model.name}@${model.revision} at ${settings.endpoint} has no ` +
        `${what}${advice === undefined ? "" : `; ${advice}`}`,
    );
  };

  const bring = async (name: string): Promise<void> => {
    const entry = files.get(name);
    if (entry === undefined) throw lacking(name);
    const url = `${settings.endpoint}/${model.name}/resolve/${commit}/${encodeURIComponent(name)}`;
    const file = remoteFile(entry, name, url);
    if (await cache.holds(commit, name, file.size)) return;
    const blob = cache.blob(file.hash);
    if (!(await isVerified(file, blob, signal)))
      await download(file, blob, {
        fetch,
        onBytes: (loaded) => onProgress?.({ file: name, loaded, total: file.size }),
        signal,
      });
    await cache.link(commit, name, file.hash);
  };

  const single = wanted.includes(singleWeights) && files.has(singleWeights);
  // A repository of open_clip may have no other config, and weights of both kinds.
  const isOptional = (name: string): boolean =>
    name !== "config.json" || (wanted.includes(openClipConfig) && files.has(openClipConfig));
  // Before anything is fetched that will not be of use.
  const unusable =
    wanted.includes(singleWeights) &&
    !single &&
    !files.has(weightsIndex) &&
    !(wanted.includes(openClipWeights) && files.has(openClipWeights)) &&
    otherWeights([...files.keys()]) !== undefined;
  if (unusable) throw lacking(files.has("config.json") ? singleWeights : "config.json");
  let openClip: boolean | undefined;
  for (const name of wanted) {
    if ((name === weightsIndex && single) || (isOptional(name) && !files.has(name))) continue;
    if (weightsFiles.includes(name)) {
      // Of what has been brought by then: weights come last.
      openClip ??= await isOpenClip(folder, (file) => wanted.includes(file) && files.has(file));
      const ofOpenClip = openClip && files.has(openClipWeights);
      if ((name === openClipWeights) !== ofOpenClip) continue;
    }
    await bring(name);
    if (name === weightsIndex && shards)
      for (const shard of await shardsOf(join(folder, name))) await bring(shard);
  }
  // Only now: offline, a revision goes on naming the last commit that was fetched whole.
  if (!isCommit(model.revision)) await cache.setCommit(model.revision, commit);
  return folder;
}
