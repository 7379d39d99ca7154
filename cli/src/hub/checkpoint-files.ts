import { readFile } from "node:fs/promises";
import { isShardName, parsePythonJson } from "@sigil/runtime";
import { HubError } from "./hub-error.ts";

export const singleWeights = "model.safetensors";
export const weightsIndex = "model.safetensors.index.json";

/**
 * The files of a checkpoint, weights last: a snapshot that has its weights has everything before
 * them.
 */
export const checkpointFiles: readonly string[] = [
  "config.json",
  "preprocessor_config.json",
  "processor_config.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "spiece.model",
  "tokenizer.json",
  "tokenizer.model",
  weightsIndex,
  singleWeights,
];

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
      `${indexFile}: expected names of shards, received ${(JSON.stringify(name) ?? "nothing").slice(0, 100)}`,
    );
  }
  return names as string[];
}
