import { Command, Option } from "commander";
import { lazy } from "../lazy.ts";
import { towerHelp } from "../model-help.ts";

export const initCommand = new Command("init")
  .description("writes a spec to edit, from a checkpoint folder or a config.json")
  .argument("<checkpoint>")
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .option("--out <file>", "where to write it (default: <name>.json)")
  .option("--force", "overwrite an existing file")
  .addHelpText("after", "\nExample:\n  sigil init ./siglip-base-patch16-224 --out my-siglip.json")
  .action(lazy(async () => (await import("./init.ts")).init));
