import { Command, Option } from "commander";
import { part, positive } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { checkpointHelp, modelHelp, patchesHelp, towerHelp } from "../model-help.ts";
import { pictureHelp } from "../picture-help.ts";

export const embedCommand = new Command("embed")
  .description("embeds pictures or texts, as JSON lines or in a safetensors file")
  .argument("[image...]", pictureHelp)
  .requiredOption("--model <model>", modelHelp)
  .option("--checkpoint <model>", checkpointHelp)
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .option("--text <text...>", "texts to embed")
  .option("--texts", "embed each line of stdin")
  .option("--max-num-patches <count>", patchesHelp, positive)
  .option("--normalize", "scale each embedding to length one")
  .option("--out <path>", "safetensors file (image_embeds or text_embeds), or folder of shards")
  .addOption(
    new Option("--format <name>", "write a folder of shards").choices(["parquet", "safetensors"]),
  )
  .option("--shard-size <count>", "inputs in each shard (default: 1000)", positive)
  .option("--shard <i/n>", "compute part i of n parts, counted from 0", part)
  .option("--queue <url>", "give the shards to sigil worker, through Redis or Valkey")
  .option("--list <file>", "a picture or a text a line; - reads stdin")
  .option("--parquet <file>", "inputs from a column of a Parquet file")
  .option("--column <name>", "the column of --parquet")
  .option("--id <name>", "the column of ids of --parquet (default: the row's number)")
  .option("--as-texts", "inputs of --list or --parquet are texts")
  .addHelpText(
    "after",
    "\nExamples:\n  sigil embed photos --model ./siglip-base-patch16-224 --format parquet " +
      "--out embeddings\n  sigil embed photos/*.jpg --model ./siglip-base-patch16-224 " +
      "--normalize --out photos.safetensors",
  )
  .action(lazy(async () => (await import("./embed.ts")).embed));
