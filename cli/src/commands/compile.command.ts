import { Command, Option } from "commander";
import { backends } from "@sigil/spec/shared";
import { positive } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { patchesHelp, specHelp, towerHelp } from "../model-help.ts";

export const compileCommand = new Command("compile")
  .description("compile a spec or a checkpoint to kernels and a typed module")
  .argument("<spec>", specHelp)
  .addOption(
    new Option(
      "--target <target...>",
      "targets to compile for (default: those of the spec, or cpu)",
    ).choices(Object.keys(backends)),
  )
  .addOption(new Option("--tower <name>", towerHelp).choices(["vision", "text"]))
  .option("--out <dir>", "folder to write the module to (default: generated/<name>)")
  .addOption(
    new Option(
      "--emit <language>",
      "JavaScript with declarations, or TypeScript (default: that of the spec, or js)",
    ).choices(["js", "ts"]),
  )
  .addOption(
    new Option(
      "--import-extension <extension>",
      "extension of imports in a TypeScript module (default: that of the spec, or js)",
    ).choices(["js", "ts", "none"]),
  )
  .option(
    "--tuning <file>",
    "tuning table for the webgpu target, instead of the spec's (see sigil tune)",
  )
  .option("--max-num-patches <count>", patchesHelp, positive)
  .option("--dump <dir>", "also write each stage of compilation to this folder as text")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil compile ./siglip-base-patch16-224 --out src/generated/siglip",
  )
  .action(lazy(async () => (await import("./compile.ts")).compile));
