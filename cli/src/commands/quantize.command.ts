import { Command, Option } from "commander";
import { cosine } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { targets } from "../quantize/targets.ts";

export const quantizeCommand = new Command("quantize")
  .description("quantise a checkpoint to 8 or 4 bits, and measure how far its results differ")
  .argument("<checkpoint>", "checkpoint folder or Hub id (org/name[@revision])")
  .addOption(
    new Option(
      "--to <type>",
      "type to store matrices as: int8 has a scale for each row, int4 one for each group of " +
        "columns; nf4 and fp4 are those of bitsandbytes",
    )
      .choices(targets)
      .makeOptionMandatory(),
  )
  .addOption(
    new Option("--group <columns>", "for int4: columns that share a scale")
      .choices(["32", "64", "128"])
      .default("32"),
  )
  .option("--zero-points", "for int4: also store a zero point for each scale", false)
  .addOption(
    new Option(
      "--table <type>",
      "for int8 and int4: type to store token embeddings as (default: that of the matrices)",
    ).choices(["int8", "int4", "float16"]),
  )
  .option("--keep <patterns...>", "matrices to keep as floats, by name; * matches anything", [])
  .requiredOption("--out <dir>", "folder to write the quantised checkpoint to")
  .option(
    "--calibrate <images...>",
    "for int4: pictures to calibrate on, together with the texts of --texts",
    [],
  )
  .option(
    "--target-cosine <cosine>",
    "for int4: raise the most sensitive layers to 8 bits until every cosine reaches this",
    cosine,
  )
  .option("--images <files...>", "pictures to measure on, instead of noise", [])
  .option("--texts <file>", "file with one text per line to measure on, instead of noise")
  .option("--no-measure", "do not measure afterwards")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil quantize google/siglip-base-patch16-224 --to int4 --out siglip-int4",
  )
  .action(lazy(async () => (await import("./quantize.ts")).quantizeCheckpoint));
