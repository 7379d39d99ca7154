import { Command } from "commander";
import { positive } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { specHelp } from "../model-help.ts";

export const tuneCommand = new Command("tune")
  .description(
    "measure how the WebGPU adapter of this machine best computes a spec's kernels, and write a " +
      "table for compile --tuning",
  )
  .argument("<spec>", specHelp)
  .option(
    "--out <file>",
    "table to write; entries for other adapters and problems are kept",
    "tuning.json",
  )
  .option(
    "--seconds <count>",
    "time limit; problems that it does not reach keep their entries",
    positive,
    60,
  )
  .option("--program <name...>", "tune only these programs, such as siglip-vision")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil tune spec/models/siglip-base-patch16-224.json --seconds 300 --out " +
      "tuning.json",
  )
  .action(lazy(async () => (await import("./tune.ts")).tune));
