import { Command, Option } from "commander";
import { part, positive } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { checkpointHelp, modelHelp, patchesHelp, towerHelp } from "../model-help.ts";
import { pictureHelp } from "../picture-help.ts";

export const embedCommand = new Command("embed")
  .description("embed pictures or texts, as JSON lines, a safetensors file or a folder of shards")
  .argument("[image...]", pictureHelp)
  .requiredOption("--model <model>", modelHelp)
  .option("--checkpoint <model>", checkpointHelp)
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .option("--text <text...>", "texts to embed")
  .option("--texts", "embed each line of stdin")
  .option("--max-num-patches <count>", patchesHelp, positive)
  .option("--normalize", "scale each embedding to unit length")
  .option(
    "--out <path>",
    "safetensors file to write (image_embeds or text_embeds), or folder for shards",
  )
  .addOption(
    new Option("--format <name>", "write a folder of shards in this format").choices([
      "parquet",
      "safetensors",
    ]),
  )
  .option("--shard-size <count>", "inputs in each shard (default: 1000)", positive)
  .option("--shard <i/n>", "compute only part i of n, counted from 0", part)
  .option("--queue <url>", "let sigil worker processes compute the shards; a Redis or Valkey URL")
  .option("--list <file>", "file with one picture or text per line; - reads stdin")
  .option("--parquet <file>", "read the inputs from a column of this Parquet file")
  .option("--column <name>", "column of --parquet that holds the inputs")
  .option("--id <name>", "column of --parquet that holds the ids (default: the row number)")
  .option("--as-texts", "treat the inputs of --list or --parquet as texts")
  .addHelpText(
    "after",
    "\nExamples:\n  sigil embed photos --model ./siglip-base-patch16-224 --format parquet " +
      "--out embeddings\n  sigil embed photos/*.jpg --model ./siglip-base-patch16-224 " +
      "--normalize --out photos.safetensors",
  )
  .action(lazy(async () => (await import("./embed.ts")).embed));
