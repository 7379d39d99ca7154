import { Command } from "commander";
import { collected, list, positive } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { checkpointHelp, modelHelp, patchesHelp } from "../model-help.ts";
import { pictureHelp } from "../picture-help.ts";

export const classifyCommand = new Command("classify")
  .description("classify pictures by your labels, or by those of a fine-tuned classifier")
  .argument("<image...>", pictureHelp)
  .requiredOption("--model <model>", modelHelp)
  .option("--checkpoint <model>", checkpointHelp)
  .option(
    "--labels <a,b>",
    "labels, separated by commas; leave out for a fine-tuned classifier, which has its own",
    list,
  )
  .option("--label <label>", "one label, which may contain commas; repeat for more", collected)
  .option(
    "--template <text>",
    'text in which {} stands for the label (default: "This is a photo of {}.")',
  )
  .option(
    "--top <count>",
    "print only the best labels (default: all; 5 for a classifier)",
    positive,
  )
  .option("--max-num-patches <count>", patchesHelp, positive)
  .option("--threads <count>", "number of threads", positive)
  .option("--json", "print every label as JSON")
  .addHelpText(
    "after",
    '\nExamples:\n  sigil classify cat.png --labels "a cat,a dog" --model ' +
      "./siglip-base-patch16-224\n  sigil classify cat.png --model ./my-fine-tuned-classifier",
  )
  .action(lazy(async () => (await import("./classify.ts")).classify));
