import { stat } from "node:fs/promises";
import { cachedSnapshot } from "./cached-snapshot.ts";
import { checkpointFiles } from "./checkpoint-files.ts";
import { fetchSnapshot, type FetchOptions } from "./fetch-snapshot.ts";
import { HubError } from "./hub-error.ts";
import { hubSettings } from "./hub-settings.ts";
import { ModelCache } from "./model-cache.ts";
import { parseModelId } from "./model-id.ts";

/** What to fetch of a model, and who is told of it. */
export interface ResolveOptions extends FetchOptions {
  /**
   * Names of the files that are needed, in the order to fetch them: all of a checkpoint by default.
   * An index brings its shards.
   */
  readonly files?: readonly string[] | undefined;
}

/**
 * A folder that holds a model's checkpoint: a local folder as it is, or for a Hub id (`org/name` or
 * `org/name@revision`) its snapshot
 * in the Hugging Face cache, into which the files are fetched that the model has and the cache
 * lacks. A file named config.json has to exist.
 * Throws HubError with what to do about it, and the signal's reason when aborted.
 */
export async function resolveModel(model: string, options: ResolveOptions = {}): Promise<string> {
  options.signal?.throwIfAborted();
  const local = await stat(model).catch(() => undefined);
  if (local?.isDirectory()) return model;
  if (local !== undefined)
    throw new HubError("invalid", `${model} is a file: expected a checkpoint folder or a Hub id`);
  const id = parseModelId(model);
  const settings = hubSettings();
  const cache = new ModelCache(settings.cacheFolder, id.name);
  const wanted = options.files ?? checkpointFiles;
  return settings.offline
    ? cachedSnapshot(cache, id, wanted)
    : fetchSnapshot(cache, id, wanted, settings, options);
}
