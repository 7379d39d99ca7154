import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { cachedSnapshot } from "./cached-snapshot.ts";
import { checkpointFiles } from "./checkpoint-files.ts";
import { fetchSnapshot, type FetchOptions } from "./fetch-snapshot.ts";
import { HubError, type HubErrorCode } from "./hub-error.ts";
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
  /** Told of what is used instead of what was asked for. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/**
 * A folder that holds a model's checkpoint: a local folder as it is, or for a Hub id (`org/name` or
 * `org/name@revision`) its snapshot in the Hugging Face cache, into which the files are fetched
 * that the model has and the cache lacks. A file named config.json has to exist. What the cache
 * has is used where the Hub cannot be reached or the cache cannot be written, and `onNotice` is
 * told. Throws HubError with what to do about it, and the signal's reason when aborted.
 */
export async function resolveModel(model: string, options: ResolveOptions = {}): Promise<string> {
  options.signal?.throwIfAborted();
  const local = await stat(model).catch(() => undefined);
  if (local?.isDirectory()) return model;
  if (local !== undefined)
    throw new HubError(
      "invalid",
      `${model} is a file: expected a checkpoint ` +
        `folder${checkpointFiles.includes(basename(model)) ? `, such as ${dirname(model)}` : ""} ` +
        "or a Hub id",
    );
  const id = parseModelId(model);
  const settings = hubSettings();
  const cache = new ModelCache(settings.cacheFolder, id.name);
  const wanted = options.files ?? checkpointFiles;
  if (settings.offline !== undefined) return cachedSnapshot(cache, id, wanted, settings.offline);
  const kept = await cachedSnapshot(cache, id, wanted, "").catch(() => undefined);
  try {
    return await fetchSnapshot(cache, id, wanted, settings, options, kept === undefined ? 4 : 1);
  } catch (error) {
    if (kept === undefined || !(error instanceof HubError) || !replaceable.includes(error.code))
      throw error;
    options.onNotice?.(`${error.message}; using what the cache has of ${model}: ${kept}`);
    return kept;
  }
}

/** What leaves a model of the cache as good as it was. */
const replaceable: readonly HubErrorCode[] = ["network", "cache"];
