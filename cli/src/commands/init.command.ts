import { Command, Option } from "commander";
import { lazy } from "../lazy.ts";
import { towerHelp } from "../model-help.ts";

export const initCommand = new Command("init")
  .description("write a spec that you can edit, from a checkpoint or a config.json")
  .argument("<checkpoint>", "config.json, checkpoint folder, or Hub id (org/name[@revision])")
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .option("--out <file>", "file to write (default: <name>.json)")
  .option("--force", "overwrite an existing file")
  .addHelpText("after", "\nExample:\n  sigil init ./siglip-base-patch16-224 --out my-siglip.json")
  .action(lazy(async () => (await import("./init.ts")).init));
