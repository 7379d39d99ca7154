import { Command, Option } from "commander";
import { backends } from "@sigil/spec/shared";
import { positive } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { patchesHelp, towerHelp } from "../model-help.ts";

export const compileCommand = new Command("compile")
  .description(
    "compiles a spec, a config.json or a checkpoint folder to kernels and a typed module",
  )
  .argument("<spec>")
  .addOption(
    new Option(
      "--target <target...>",
      "targets to compile for (default: the spec's, else cpu)",
    ).choices(Object.keys(backends)),
  )
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .option("--out <dir>", "folder of the module (default: generated/<name>)")
  .addOption(
    new Option(
      "--emit <language>",
      "JavaScript with declarations, or TypeScript (default: the spec's, else js)",
    ).choices(["js", "ts"]),
  )
  .addOption(
    new Option(
      "--import-extension <extension>",
      "extension of imports in a TypeScript module (default: the spec's, else js)",
    ).choices(["js", "ts", "none"]),
  )
  .option(
    "--tuning <file>",
    "tuning table of the target webgpu, instead of the spec's (see sigil tune)",
  )
  .option("--max-num-patches <count>", patchesHelp, positive)
  .option("--dump <dir>", "also write every stage as text")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil compile ./siglip-base-patch16-224 --out src/generated/siglip",
  )
  .action(lazy(async () => (await import("./compile.ts")).compile));
