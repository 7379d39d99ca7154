import { Command } from "commander";
import { integer } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { specHelp } from "../model-help.ts";

export const weightsCommand = new Command("weights")
  .description("write a checkpoint of synthetic tensors, which a seed determines in every language")
  .argument("<spec>", specHelp)
  .requiredOption("--synthetic <seed>", "seed of the values", integer)
  .requiredOption("--out <file>", "safetensors file to write")
  .addHelpText(
    "after",
    "\nExample:\n  sigil weights --synthetic 0 spec/models/siglip-shapes.json --out " +
      "synthetic.safetensors",
  )
  .action(lazy(async () => (await import("./weights.ts")).weights));
