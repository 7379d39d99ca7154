import { Command, Option } from "commander";
import { tolerance } from "../arguments.ts";
import { lazy } from "../lazy.ts";

export const compareCommand = new Command("compare")
  .description("compare two safetensors files, tensor by tensor")
  .argument("<a>", "safetensors file")
  .argument("<b>", "safetensors file to compare it with")
  .option("--tolerance <error>", "exit with status 1 if an error exceeds this", tolerance)
  .addOption(
    new Option("--sort <order>", "order of the rows").choices(["file", "error"]).default("file"),
  )
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil compare out.safetensors expected.safetensors --tolerance 1e-5",
  )
  .action(lazy(async () => (await import("./compare.ts")).compare));
