import { Command } from "commander";
import { integer } from "../arguments.ts";
import { lazy } from "../lazy.ts";

export const weightsCommand = new Command("weights")
  .description("writes a checkpoint of synthetic tensors, the same in every language")
  .argument("<spec>")
  .requiredOption("--synthetic <seed>", "seed of the values", integer)
  .requiredOption("--out <file>", "safetensors file to write")
  .addHelpText(
    "after",
    "\nExample:\n  sigil weights --synthetic 0 spec/models/siglip-shapes.json --out " +
      "synthetic.safetensors",
  )
  .action(lazy(async () => (await import("./weights.ts")).weights));
