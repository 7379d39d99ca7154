/** Weights that are read from the Hub by ranges, without downloading whole files. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  openSafetensors,
  openShardedSafetensors,
  parsePythonJson,
  urlSource,
  type ByteSource,
  type ShardIndex,
  type WeightSource,
} from "@sigil/runtime";
import { cachedSnapshot } from "./cached-snapshot.ts";
import { checkpointFiles, singleWeights, weightsFiles, weightsIndex } from "./checkpoint-files.ts";
import { HubError } from "./hub-error.ts";
import { hubSettings } from "./hub-settings.ts";
import { ModelCache } from "./model-cache.ts";
import { parseModelId } from "./model-id.ts";
import { resolveModel, type ResolveOptions } from "./resolve-model.ts";

export interface RemoteCheckpoint {
  /** A snapshot of the cache with everything but weights. */
  readonly folder: string;
  /** Undefined where the snapshot has its weights, or none can be fetched. */
  readonly weights: WeightSource | undefined;
}

/**
 * Downloads the configs of a Hub id into the cache, and opens its weights on the Hub. Of the
 * weights, only headers and the tensors that are read are fetched, and they are not kept. Files
 * without a tensor that `wanted` accepts are not opened. Throws HubError and WeightsError.
 */
export async function openRemote(
  model: string,
  wanted: (tensor: string, all: readonly string[]) => boolean,
  options: Omit<ResolveOptions, "files" | "shards"> = {},
): Promise<RemoteCheckpoint> {
  const { endpoint, token, offline, cacheFolder } = hubSettings();
  const whole = async (): Promise<RemoteCheckpoint> => ({
    folder: await resolveModel(model, options),
    weights: undefined,
  });
  if (offline !== undefined) return whole();
  const small = checkpointFiles.filter((file) => !weightsFiles.includes(file));
  let folder: string;
  try {
    const files = [...small, weightsIndex];
    folder = await resolveModel(model, { ...options, files, shards: false });
  } catch (error) {
    // The cache may have all of it.
    if (error instanceof HubError && error.code === "network") return whole();
    throw error;
  }
  const { name } = parseModelId(model);
  const revision = basename(folder);
  const cached = cachedSnapshot(
    new ModelCache(cacheFolder, name),
    { name, revision },
    checkpointFiles,
    "",
  );
  if (
    await cached.then(
      () => true,
      () => false,
    )
  )
    return { folder, weights: undefined };
  const remote = (file: string): ByteSource =>
    urlSource(
      `${endpoint}/${name}/resolve/${revision}/${encodeURIComponent(file)}`,
      // fetch keeps it from where the Hub sends on to.
      token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } },
    );
  if (!existsSync(join(folder, weightsIndex)))
    return { folder, weights: await openSafetensors(remote(singleWeights)) };
  const path = join(folder, weightsIndex);
  const index = parsePythonJson(await readFile(path, "utf8")) as ShardIndex;
  return { folder, weights: await openShardedSafetensors(index, remote, path, wanted) };
}
