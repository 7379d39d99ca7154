import { Command } from "commander";
import { lazy } from "../lazy.ts";

export const tokenizeCommand = new Command("tokenize")
  .description(
    "print the ids of texts from stdin, where each line is a JSON string or an object with `text`",
  )
  .requiredOption("--model <file>", "SentencePiece model (spiece.model)")
  .option("--raw", "apply SentencePiece alone, without canonicalisation and eos")
  .addHelpText("after", "\nExample:\n  echo '\"a photo\"' | sigil tokenize --model spiece.model")
  .action(lazy(async () => (await import("./tokenize.ts")).tokenize));
