import { Command } from "commander";
import { lazy } from "../lazy.ts";

export const tokenizeCommand = new Command("tokenize")
  .description(
    "prints the ids of texts on stdin (on each line a JSON string, or an object with `text`)",
  )
  .requiredOption("--model <file>", "spiece.model")
  .option("--raw", "SentencePiece alone: no canonicalisation, no eos")
  .addHelpText("after", "\nExample:\n  echo '\"a photo\"' | sigil tokenize --model spiece.model")
  .action(lazy(async () => (await import("./tokenize.ts")).tokenize));
