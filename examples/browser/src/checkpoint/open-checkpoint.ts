/**
 * A checkpoint folder to what a model needs of it, after checking that it fits the compiled module.
 */
import {
  imageProcessorConfig,
  openSafetensors,
  openShardedSafetensors,
  parsePythonJson,
  SiglipImageProcessor,
  SiglipTokenizer,
  tokenizerConfigOf,
  tokenizerFromJson,
  WeightsError,
  type ShardIndex,
  type Tokenizer,
  type WeightSource,
} from "@sigil/runtime";
import { compiledFor, Model } from "../model.ts";
import { MisfitError, misfits } from "./fit.ts";
import { readFile, type CheckpointFolder } from "./folder.ts";

export interface OpenCheckpoint {
  readonly name: string;
  readonly weights: WeightSource;
  readonly tokenizer: Tokenizer;
  readonly processor: SiglipImageProcessor;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Throws MisfitError for another architecture, WeightsError for files that are missing or damaged;
 * reads no weights yet.
 */
export async function openCheckpoint(
  folder: CheckpointFolder,
  signal?: AbortSignal,
): Promise<OpenCheckpoint> {
  const json = async (file: string): Promise<Json | undefined> => {
    const bytes = await readFile(folder, file, signal);
    try {
      return bytes && (parsePythonJson(new TextDecoder().decode(bytes)) as Json);
    } catch (cause) {
      throw new WeightsError(`is not readable JSON: ${(cause as Error).message}`, { file, cause });
    }
  };
  const config = await json("config.json");
  if (!config)
    throw new WeightsError("is not a checkpoint folder", {
      file: folder.name,
      issues: ["config.json is missing"],
    });
  const differences = misfits(config, compiledFor.config);
  if (differences.length > 0) throw new MisfitError(folder.name, compiledFor.name, differences);

  const [preprocessorConfig, tokenizerConfig, spiece, single] = await Promise.all([
    json("preprocessor_config.json"),
    json("tokenizer_config.json"),
    readFile(folder, "spiece.model", signal),
    folder.source("model.safetensors"),
  ]);
  // Asked for only without the other: few have it, and a missing file is a request at every visit.
  // The same holds of the two that say something beside an older tokenizer_config.json alone.
  const older = tokenizerConfig?.added_tokens_decoder === undefined;
  const specialTokensMap = older ? await json("special_tokens_map.json") : undefined;
  const addedTokens = older ? await json("added_tokens.json") : undefined;
  const processorConfig = preprocessorConfig ? undefined : await json("processor_config.json");
  const tokenizerJson = spiece ? undefined : await json("tokenizer.json");
  const index = single ? undefined : await json("model.safetensors.index.json");
  const missing = [
    ...(single || index ? [] : ["model.safetensors (or model.safetensors.index.json) is missing"]),
    ...(spiece || tokenizerJson ? [] : ["spiece.model (or tokenizer.json) is missing"]),
  ];
  if (missing.length > 0)
    throw new WeightsError("is not a complete checkpoint", { file: folder.name, issues: missing });

  const processor = SiglipImageProcessor.fromConfig(
    imageProcessorConfig({ processorConfig, preprocessorConfig }) ?? { size: Model.imageSize },
  );
  const { height, width } = processor.outputSize ?? {};
  if (height !== Model.imageSize.height || width !== Model.imageSize.width)
    throw new MisfitError(folder.name, compiledFor.name, [
      "its image processor makes pictures of " +
        `${height && width ? `${height}x${width}` : "no fixed size"}, the page was compiled ` +
        `for ${Model.imageSize.height}x${Model.imageSize.width}`,
    ]);
  const merged = tokenizerConfigOf({
    tokenizerConfig,
    specialTokensMap,
    addedTokens,
    tokenizerJson,
  });
  const tokenizer = spiece
    ? SiglipTokenizer.fromSpiece(spiece, merged)
    : tokenizerFromJson(tokenizerJson, merged);
  if (tokenizer.modelMaxLength < Model.textLength)
    throw new MisfitError(folder.name, compiledFor.name, [
      `its tokenizer pads texts to ${tokenizer.modelMaxLength} tokens, the page was compiled ` +
        `for ${Model.textLength}`,
    ]);
  return {
    name: folder.name,
    tokenizer,
    processor,
    weights: single
      ? await openSafetensors(single)
      : await openShardedSafetensors(
          index as unknown as ShardIndex,
          async (shard) => (await folder.source(shard)) ?? missingShard(shard),
        ),
  };
}

function missingShard(file: string): never {
  throw new WeightsError("is named by model.safetensors.index.json and is not there", { file });
}
