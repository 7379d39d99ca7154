import { Command, InvalidArgumentError, Option } from "commander";
import { integer } from "../arguments.ts";
import { backendOptions, tolerances } from "../backends/ways.ts";
import { lazy } from "../lazy.ts";

const known = [...tolerances.keys()];

const backendList = (text: string): string[] => {
  const names = text.split(",");
  const strange = names.find((name) => !tolerances.has(name));
  if (strange !== undefined)
    throw new InvalidArgumentError(`"${strange}" is none of ${known.join(", ")}`);
  return names;
};

export const parityCommand = new Command("parity")
  .description(
    "how far each backend is from the float64 oracle, after every fused kernel; exit status " +
      "1 past the tolerances",
  )
  .argument("<spec>")
  .option("--weights <file>", "checkpoint as safetensors (default: synthetic tensors of the seed)")
  .addOption(
    new Option("--backends <names>", `backends, separated by commas, of ${known.join(", ")}`)
      .argParser(backendList)
      .default(["cpu"], "cpu"),
  )
  .option("--seed <seed>", "seed of the inputs, and of the weights without --weights", integer, 0)
  .option("--html <file>", "also write a page with a curve over depth")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil parity spec/models/siglip-shapes.json --backends cpu,native,webgpu " +
      "--html parity.html",
  )
  .action(lazy(async () => (await import("./parity.ts")).parity));
for (const option of backendOptions()) parityCommand.addOption(option);
