import { Command, Option } from "commander";
import { positive } from "../arguments.ts";
import { backendOptions, ways } from "../backends/ways.ts";
import { lazy } from "../lazy.ts";
import { checkpointHelp, specHelp, towerHelp } from "../model-help.ts";

export const runCommand = new Command("run")
  .description(
    "run a model once on the inputs in a safetensors file, and write every output under the " +
      "name that transformers nests it under",
  )
  .argument("<spec>", specHelp)
  .option("--weights <file>", "checkpoint as safetensors (default: that of <spec>)")
  .option("--checkpoint <model>", checkpointHelp)
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .requiredOption(
    "--inputs <file>",
    "safetensors file with pixel_values (NaFlex: also pixel_attention_mask and " +
      "spatial_shapes), input_ids, attention_mask, position_ids, labels, or the inputs of a " +
      "graph document",
  )
  .requiredOption("--outputs <file>", "safetensors file to write")
  .addOption(
    new Option("--backend <name>", "backend to run on")
      .choices([...ways, "reference"])
      .default("cpu"),
  )
  .option("--threads <count>", "number of threads", positive)
  .option("--hidden-states", "also write the hidden states of every layer")
  .option("--attentions", "also write the attention weights of every layer")
  .option("--interpolate", "resample the position embeddings to the size of pixel_values")
  .option("--loss", "also write the sigmoid loss")
  .addHelpText(
    "after",
    "\nExamples:\n  sigil run ./siglip-base-patch16-224 --inputs in.safetensors --outputs " +
      "out.safetensors\n  sigil run spec/models/siglip-shapes.json --weights model.safetensors " +
      "--inputs in.safetensors --outputs out.safetensors",
  )
  .action(lazy(async () => (await import("./run.ts")).run));
for (const option of backendOptions()) runCommand.addOption(option);
