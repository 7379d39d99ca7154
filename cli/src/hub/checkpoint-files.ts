import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isShardName, parsePythonJson } from "@sigil/runtime/internal";
import { standsForOpenClip } from "@sigil/spec/shared";
import { HubError } from "./hub-error.ts";

export const singleWeights = "model.safetensors";
export const weightsIndex = "model.safetensors.index.json";
export const openClipConfig = "open_clip_config.json";
export const openClipWeights = "open_clip_model.safetensors";

/**
 * The files of a checkpoint, weights last: a snapshot that has its weights has everything before
 * them.
 */
export const checkpointFiles: readonly string[] = [
  "config.json",
  openClipConfig,
  "preprocessor_config.json",
  "processor_config.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "spiece.model",
  "tokenizer.json",
  "tokenizer.model",
  openClipWeights,
  weightsIndex,
  singleWeights,
];

/** Files of a checkpoint that hold or list its tensors. */
export const weightsFiles: readonly string[] = [openClipWeights, weightsIndex, singleWeights];

/**
 * Whether a snapshot's model is described by its open_clip_config.json and not by its config.json.
 * `has` says which of the two exist.
 */
export async function isOpenClip(
  folder: string,
  has: (file: string) => boolean | Promise<boolean>,
): Promise<boolean> {
  if (!(await has(openClipConfig))) return false;
  if (!(await has("config.json"))) return true;
  try {
    return standsForOpenClip(parsePythonJson(await readFile(join(folder, "config.json"), "utf8")));
  } catch {
    // Who reads it as a config says what is wrong with it.
    return false;
  }
}

/** The shards that an index file names. Throws HubError for a file that is no index. */
export async function shardsOf(indexFile: string): Promise<string[]> {
  let shards: unknown[] = [];
  try {
    shards = Object.values(
      (parsePythonJson(await readFile(indexFile, "utf8")) as { weight_map: object }).weight_map,
    );
  } catch (cause) {
    throw new HubError("corrupt", `${indexFile}: expected JSON with a weight_map`, { cause });
  }
  const names = [...new Set(shards)];
  for (const name of names) {
    // A snapshot is a folder without folders: what is not in it was not listed.
    if (isShardName(name) && !name.includes("/") && !name.startsWith(".")) continue;
    throw new HubError(
      "corrupt",
      `${indexFile}: expected file names of shards, received ` +
        `${(JSON.stringify(name) ?? "nothing").slice(0, 100)}`,
    );
  }
  return names as string[];
}
