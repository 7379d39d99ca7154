import { Command, Option } from "commander";
import { lazy } from "../lazy.ts";
import { specHelp, towerHelp } from "../model-help.ts";

export const inspectCommand = new Command("inspect")
  .description("show the kernels and the memory plan of a spec or a checkpoint")
  .argument("<spec>", specHelp)
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .option("--dump <dir>", "also write each stage of compilation to this folder as text")
  .option(
    "--html <file>",
    "also write a page that shows architecture, fusion, kernels, memory, FLOPs and bytes",
  )
  .option("--json", "print the plan as JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil inspect spec/models/siglip-base-patch16-224.json --html base.html",
  )
  .action(lazy(async () => (await import("./inspect.ts")).inspect));
