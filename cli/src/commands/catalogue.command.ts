import { Command } from "commander";
import { lazy } from "../lazy.ts";

export const catalogueCommand = new Command("catalogue")
  .description("what every published checkpoint takes: parameters, FLOPs, weights, memory")
  .option("--json", "print JSON")
  .addHelpText("after", "\nExample:\n  sigil catalogue")
  .action(lazy(async () => (await import("./catalogue.ts")).catalogue));
