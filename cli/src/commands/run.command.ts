import { Command, Option } from "commander";
import { positive } from "../arguments.ts";
import { backendOptions, ways } from "../backends/ways.ts";
import { lazy } from "../lazy.ts";
import { checkpointHelp, towerHelp } from "../model-help.ts";

export const runCommand = new Command("run")
  .description(
    "one run on the inputs of a safetensors file; every output under transformers' nested names",
  )
  .argument("<spec>")
  .option("--weights <file>", "checkpoint as safetensors (default: that of <spec>)")
  .option("--checkpoint <model>", checkpointHelp)
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .requiredOption(
    "--inputs <file>",
    "pixel_values (NaFlex: with pixel_attention_mask and spatial_shapes), input_ids, " +
      "attention_mask, position_ids, labels, or a document's inputs, as safetensors",
  )
  .requiredOption("--outputs <file>", "where to write the outputs")
  .addOption(
    new Option("--backend <name>", "what computes").choices([...ways, "reference"]).default("cpu"),
  )
  .option("--threads <count>", "threads to use", positive)
  .option("--hidden-states", "also every layer's hidden states")
  .option("--attentions", "also every layer's attention weights")
  .option("--interpolate", "resample position embeddings to the size of pixel_values")
  .option("--loss", "also the sigmoid loss")
  .addHelpText(
    "after",
    "\nExamples:\n  sigil run ./siglip-base-patch16-224 --inputs in.safetensors --outputs " +
      "out.safetensors\n  sigil run spec/models/siglip-shapes.json --weights model.safetensors " +
      "--inputs in.safetensors --outputs out.safetensors",
  )
  .action(lazy(async () => (await import("./run.ts")).run));
for (const option of backendOptions()) runCommand.addOption(option);
