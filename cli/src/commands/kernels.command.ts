import { Command } from "commander";
import { lazy } from "../lazy.ts";

export const kernelsCommand = new Command("kernels")
  .description(
    "the CUDA kernels of compiled modules to fat binaries, with nvcc 12.8 or newer; no GPU " +
      "is needed",
  )
  .argument("<module...>", "folders that sigil compile wrote")
  .option(
    "--arch <sm...>",
    "only for these compute capabilities, such as 86 or 90a (default: all that Sigil knows)",
  )
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil compile ./siglip-base-patch16-224 --target cuda --out " +
      "src/generated/siglip && sigil kernels src/generated/siglip",
  )
  .action(lazy(async () => (await import("./kernels.ts")).kernels));
