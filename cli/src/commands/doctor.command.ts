import { Command } from "commander";
import { lazy } from "../lazy.ts";

export const doctorCommand = new Command("doctor")
  .description("show what this machine can run, and what is missing")
  .option("--json", "print JSON")
  .addHelpText("after", "\nExample:\n  sigil doctor")
  .action(lazy(async () => (await import("./doctor.ts")).doctor));
