import { Command } from "commander";
import { positive } from "../arguments.ts";
import { lazy } from "../lazy.ts";

export const tuneCommand = new Command("tune")
  .description(
    "measures how this machine's WebGPU adapter best computes a spec's kernels; writes a " +
      "table for compile --tuning",
  )
  .argument("<spec>")
  .option(
    "--out <file>",
    "table to write; its entries for other adapters and problems are kept",
    "tuning.json",
  )
  .option(
    "--seconds <count>",
    "time limit; problems that are not reached keep their entries",
    positive,
    60,
  )
  .option("--program <name...>", "only these programs, such as siglip-vision")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil tune spec/models/siglip-base-patch16-224.json --seconds 300 --out " +
      "tuning.json",
  )
  .action(lazy(async () => (await import("./tune.ts")).tune));
