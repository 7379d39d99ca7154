import { Command } from "commander";
import { lazy } from "../lazy.ts";

export const kernelsCommand = new Command("kernels")
  .description(
    "compile the CUDA kernels of compiled modules to fat binaries; needs nvcc 12.8 or newer, " +
      "but no GPU",
  )
  .argument("<module...>", "folder that sigil compile wrote")
  .option(
    "--arch <sm...>",
    "compute capabilities to compile for, such as 86 or 90a (default: all that Sigil knows)",
  )
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil compile ./siglip-base-patch16-224 --target cuda --out " +
      "src/generated/siglip && sigil kernels src/generated/siglip",
  )
  .action(lazy(async () => (await import("./kernels.ts")).kernels));
