import { Command, Option } from "commander";
import { cosine } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { targets } from "../quantize/targets.ts";

export const quantizeCommand = new Command("quantize")
  .description("quantises a checkpoint to 8 or 4 bits, and measures how far its results differ")
  .argument("<checkpoint>", "checkpoint folder or Hub id (org/name[@revision])")
  .addOption(
    new Option(
      "--to <type>",
      "int8: a scale for each row; int4: one for each group of columns; nf4, fp4: " +
        "bitsandbytes' own",
    )
      .choices(targets)
      .makeOptionMandatory(),
  )
  .addOption(
    new Option("--group <columns>", "columns that share a scale, of int4")
      .choices(["32", "64", "128"])
      .default("32"),
  )
  .option("--zero-points", "a zero point for each scale of int4, too", false)
  .addOption(
    new Option(
      "--table <type>",
      "how the token embeddings are stored, of int8 and int4 (default: as the matrices)",
    ).choices(["int8", "int4", "float16"]),
  )
  .option("--keep <patterns...>", "names of matrices that stay floats; * stands for anything", [])
  .requiredOption("--out <dir>", "folder of the quantised checkpoint")
  .option("--calibrate <images...>", "pictures to calibrate int4 on, and the texts of --texts", [])
  .option(
    "--target-cosine <cosine>",
    "raise what costs most of int4 to 8 bits until no cosine is below",
    cosine,
  )
  .option("--images <files...>", "pictures to measure on, instead of noise", [])
  .option("--texts <file>", "texts to measure on, one a line, instead of noise")
  .option("--no-measure", "do not run the models afterwards")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil quantize google/siglip-base-patch16-224 --to int4 --out siglip-int4",
  )
  .action(lazy(async () => (await import("./quantize.ts")).quantizeCheckpoint));
