import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parsePythonJson, standsForOpenClip } from "@sigil/spec/shared";
import { OpenClipImageProcessor } from "../image/open-clip-image-processor.ts";
import { TimmImageProcessor } from "../image/timm-image-processor.ts";
import { settingsIn } from "../image/transform-settings.ts";
import { InputError } from "../model/input-error.ts";
import { imageProcessorOf, tokenizerOf } from "../processor/checkpoint-parts.ts";
import type { AnyImageProcessor } from "../processor/model-processor.ts";
import { tokenizerConfigOf } from "../tokenizer/config/merge.ts";
import { tokenizerFromJson } from "../tokenizer/json/json-tokenizer.ts";
import { openClipTokenizer, type OpenClipCleaning } from "../tokenizer/open-clip-text.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { WeightsError } from "./error.ts";
import { fileProblem } from "./file-problem.ts";
import { openFileSource } from "./file-source.ts";
import { foreignFormat } from "./foreign-format.ts";
import { missingWeights } from "./missing-weights.ts";
import { openSafetensorsFile } from "./open-safetensors-file.ts";
import { openShardedSafetensors, type ShardIndex } from "./sharded.ts";
import type { WeightSource } from "./weight-source.ts";

/** A parsed JSON object of a checkpoint. */
export type CheckpointJson = Readonly<Record<string, unknown>>;

/** The contents of a checkpoint folder. Absent files are undefined. */
export interface Checkpoint {
  readonly folder: string;
  readonly weights: WeightSource;
  /** `config.json`, or `open_clip_config.json` for an open_clip model. */
  readonly config: CheckpointJson;
  /** The library that wrote the config and the tensors. */
  readonly writtenBy: "transformers" | "open_clip" | "timm";
  readonly preprocessorConfig: CheckpointJson | undefined;
  readonly processorConfig: CheckpointJson | undefined;
  readonly tokenizerConfig: CheckpointJson | undefined;
  readonly tokenizerJson: CheckpointJson | undefined;
  /** Not read if `tokenizerConfig` has `added_tokens_decoder`, as in transformers. */
  readonly specialTokensMap: CheckpointJson | undefined;
  /** Not read in the same case as `specialTokensMap`. */
  readonly addedTokens: CheckpointJson | undefined;
  /** The path of each file that was found. */
  readonly paths: Readonly<Partial<Record<CheckpointFile, string>>>;
  /**
   * The image processor, which is made when it is first asked for: as the files of the checkpoint
   * say, or with transformers' defaults and the size in the config. Throws ImageError for invalid
   * settings.
   */
  imageProcessor(): AnyImageProcessor;
  /**
   * The tokenizer, which is made when it is first asked for, from the file that `tokenizer_class`
   * asks for. Throws InputError if there is no such file, and TokenizerError for damaged files.
   */
  tokenizer(): Tokenizer;
  close(): Promise<void>;
}

const files = [
  "open_clip_model.safetensors",
  "model.safetensors",
  "model.safetensors.index.json",
  "open_clip_config.json",
  "config.json",
  "preprocessor_config.json",
  "processor_config.json",
  "tokenizer_config.json",
  "spiece.model",
  "tokenizer.json",
  "special_tokens_map.json",
  "added_tokens.json",
] as const;

/** A file name that a checkpoint folder may hold. */
export type CheckpointFile = (typeof files)[number];

export interface OpenCheckpointOptions {
  /** Files that must exist besides the weights and a config. */
  readonly require?: readonly CheckpointFile[];
  /** For a sharded checkpoint: open only the shards that hold one of these tensors. */
  readonly tensors?: (name: string, all: readonly string[]) => boolean;
  /** Weights to use instead of those in the folder. */
  readonly weights?: WeightSource | undefined;
}

/**
 * Opens a checkpoint folder. Weights, config.json and the files of `require` must exist. One
 * WeightsError lists all that is missing. A single weights file is preferred to an index, and
 * open_clip_config.json with its weights to a config.json that stands for them.
 */
export async function openCheckpoint(
  folder: string,
  options: OpenCheckpointOptions = {},
): Promise<Checkpoint> {
  const listing = await readdir(folder).catch((cause: unknown) => {
    throw new WeightsError(`cannot be read as a checkpoint folder: ${fileProblem(cause)}`, {
      file: folder,
      cause,
    });
  });
  const paths: Partial<Record<CheckpointFile, string>> = {};
  for (const file of files) if (listing.includes(file)) paths[file] = join(folder, file);
  let config = await json(paths["config.json"]);
  const openClip =
    paths["open_clip_config.json"] !== undefined &&
    (config === undefined || standsForOpenClip(config));
  if (openClip) config = await json(paths["open_clip_config.json"]);
  const single =
    (openClip ? paths["open_clip_model.safetensors"] : undefined) ?? paths["model.safetensors"];
  const index = paths["model.safetensors.index.json"];
  const needed: CheckpointFile[] = openClip ? [] : ["config.json"];
  const missing = [...new Set<CheckpointFile>([...needed, ...(options.require ?? [])])]
    .filter((file) => paths[file] === undefined)
    .map((file) => `${file} is missing`);
  if (!options.weights && single === undefined && index === undefined)
    missing.unshift(missingWeights(listing));
  if (missing.length > 0 || !config)
    throw new WeightsError("is not a complete checkpoint", { file: folder, issues: missing });

  const [preprocessorConfig, processorConfig, tokenizerConfig, tokenizerJson] = await Promise.all([
    json(paths["preprocessor_config.json"]),
    json(paths["processor_config.json"]),
    json(paths["tokenizer_config.json"]),
    json(paths["tokenizer.json"]),
  ]);
  const older = tokenizerConfig?.added_tokens_decoder === undefined;
  const [specialTokensMap, addedTokens] = await Promise.all([
    json(older ? paths["special_tokens_map.json"] : undefined),
    json(older ? paths["added_tokens.json"] : undefined),
  ]);
  const weights =
    options.weights ??
    (single !== undefined
      ? await openSafetensorsFile(single)
      : await openShardedSafetensors(
          (await json(index)) as unknown as ShardIndex,
          (shard) => openFileSource(join(folder, shard)),
          index,
          options.tensors,
        ));
  const other = typeof config.architecture === "string" ? "timm" : "transformers";
  const writtenBy: Checkpoint["writtenBy"] = openClip ? "open_clip" : other;
  const read = {
    folder,
    config,
    writtenBy,
    preprocessorConfig,
    processorConfig,
    tokenizerConfig,
    tokenizerJson,
    specialTokensMap,
    addedTokens,
  };
  const { "spiece.model": spiece } = paths;
  let [processor, tokenizer]: [AnyImageProcessor?, Tokenizer?] = [];
  return {
    ...read,
    weights,
    paths,
    imageProcessor: () => (processor ??= processorOf(read)),
    tokenizer: () =>
      (tokenizer ??= openClip
        ? openClipTokenizerOf(read)
        : tokenizerOf(read, spiece === undefined ? undefined : () => spieceOf(spiece))),
    close: () => weights.close(),
  };
}

type Read = Omit<Checkpoint, "weights" | "paths" | "imageProcessor" | "tokenizer" | "close">;

function processorOf(read: Read): AnyImageProcessor {
  const { config, writtenBy } = read;
  if (writtenBy === "transformers") return imageProcessorOf(read);
  if (writtenBy === "open_clip") return OpenClipImageProcessor.fromConfig(config);
  return TimmImageProcessor.fromConfig(config);
}

/** The tokenizer of its tokenizer.json, which open_clip uses too. Texts are cleaned first. */
function openClipTokenizerOf({ folder, config, tokenizerJson, ...files }: Read): Tokenizer {
  if (!tokenizerJson)
    throw new InputError(`${folder}: expected open_clip's tokenizer.json, found none`);
  const text = settingsIn(settingsIn(config, "model_cfg"), "text_cfg");
  const { clean } = settingsIn(text, "tokenizer_kwargs");
  return openClipTokenizer(
    tokenizerFromJson(tokenizerJson, tokenizerConfigOf(files)),
    clean as OpenClipCleaning | undefined,
  );
}

function spieceOf(path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new WeightsError(`cannot be read: ${fileProblem(cause)}`, { file: path, cause });
  }
  const foreign = foreignFormat(bytes);
  if (foreign !== undefined) throw new WeightsError(foreign, { file: path });
  return bytes;
}

/**
 * The most bytes that a JSON file of a checkpoint may have. The tokenizer.json of Gemma has 34 MB.
 */
const longestJson = 512 << 20;

async function readWhole(path: string): Promise<Uint8Array> {
  const source = await openFileSource(path);
  try {
    const size = await source.size();
    if (size > longestJson)
      throw new WeightsError("is too long", {
        file: path,
        expected: `at most ${longestJson} bytes`,
        received: `${size} bytes`,
      });
    return await source.read(0, size);
  } finally {
    await source.close();
  }
}

async function json(path: string | undefined): Promise<CheckpointJson | undefined> {
  if (path === undefined) return undefined;
  const bytes = await readWhole(path);
  let value: unknown;
  try {
    value = parsePythonJson(new TextDecoder().decode(bytes));
  } catch (cause) {
    const problem = foreignFormat(bytes) ?? `is not readable JSON: ${(cause as Error).message}`;
    throw new WeightsError(problem, { file: path, cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new WeightsError("is not a JSON object", { file: path });
  return value as CheckpointJson;
}
