import { Command } from "commander";
import { lazy } from "../lazy.ts";

export const catalogueCommand = new Command("catalogue")
  .description("list the parameters, FLOPs, weights and memory of every published checkpoint")
  .option("--json", "print JSON")
  .addHelpText("after", "\nExample:\n  sigil catalogue")
  .action(lazy(async () => (await import("./catalogue.ts")).catalogue));
