import { Command, Option } from "commander";
import { lazy } from "../lazy.ts";
import { towerHelp } from "../model-help.ts";

export const inspectCommand = new Command("inspect")
  .description(
    "shows the kernel problems and memory plan of a spec, a config.json or a checkpoint folder",
  )
  .argument("<spec>")
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .option("--dump <dir>", "also write every stage as text")
  .option(
    "--html <file>",
    "also write a page: architecture, fusion, kernels, memory, FLOPs and bytes",
  )
  .option("--json", "print the plan as JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil inspect spec/models/siglip-base-patch16-224.json --html base.html",
  )
  .action(lazy(async () => (await import("./inspect.ts")).inspect));
