import { Command } from "commander";
import { collected, list, positive } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { checkpointHelp, modelHelp, patchesHelp } from "../model-help.ts";
import { pictureHelp } from "../picture-help.ts";

export const classifyCommand = new Command("classify")
  .description("classifies pictures by your labels, or by those of a fine-tuned classifier")
  .argument("<image...>", pictureHelp)
  .requiredOption("--model <model>", modelHelp)
  .option("--checkpoint <model>", checkpointHelp)
  .option(
    "--labels <a,b>",
    "labels, separated by commas; a fine-tuned classifier has its own",
    list,
  )
  .option("--label <label>", "one label, which may contain commas; can be repeated", collected)
  .option("--template <text>", 'text around a label (default: "This is a photo of {}.")')
  .option("--top <count>", "print only the best labels (of a classifier 5 by default)", positive)
  .option("--max-num-patches <count>", patchesHelp, positive)
  .option("--threads <count>", "threads to use", positive)
  .option("--json", "print JSON, every label")
  .addHelpText(
    "after",
    '\nExamples:\n  sigil classify cat.png --labels "a cat,a dog" --model ' +
      "./siglip-base-patch16-224\n  sigil classify cat.png --model ./my-fine-tuned-classifier",
  )
  .action(lazy(async () => (await import("./classify.ts")).classify));
