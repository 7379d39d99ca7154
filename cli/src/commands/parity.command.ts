import { Command, InvalidArgumentError, Option } from "commander";
import { integer } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { parityBackends, type ParityBackend } from "../parity/tolerances.ts";

const backendList = (text: string): ParityBackend[] => {
  const names = text.split(",");
  const strange = names.find((name) => !parityBackends.includes(name as ParityBackend));
  if (strange !== undefined)
    throw new InvalidArgumentError(`"${strange}" is none of ${parityBackends.join(", ")}`);
  return names as ParityBackend[];
};

export const parityCommand = new Command("parity")
  .description(
    "how far each backend is from the float64 oracle, after every fused kernel; exit status " +
      "1 past the tolerances",
  )
  .argument("<spec>")
  .option("--weights <file>", "checkpoint as safetensors (default: synthetic tensors of the seed)")
  .addOption(
    new Option(
      "--backends <names>",
      `backends, separated by commas, of ${parityBackends.join(", ")}`,
    )
      .argParser(backendList)
      .default(["cpu"], "cpu"),
  )
  .option("--seed <seed>", "seed of the inputs, and of the weights without --weights", integer, 0)
  .addOption(
    new Option(
      "--cuda-path <name>",
      "which kernels of CUDA (default: by the device; portable when emulated)",
    ).choices(["portable", "hopper"]),
  )
  .option("--html <file>", "also write a page with a curve over depth")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil parity spec/models/siglip-shapes.json --backends cpu,native,webgpu " +
      "--html parity.html",
  )
  .action(lazy(async () => (await import("./parity.ts")).parity));
