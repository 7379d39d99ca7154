import { Command, InvalidArgumentError, Option } from "commander";
import { integer } from "../arguments.ts";
import { backendOptions, tolerances } from "../backends/ways.ts";
import { lazy } from "../lazy.ts";
import { specHelp } from "../model-help.ts";

const known = [...tolerances.keys()];

const backendList = (text: string): string[] => {
  const names = text.split(",");
  const strange = names.find((name) => !tolerances.has(name));
  if (strange !== undefined)
    throw new InvalidArgumentError(`expected names of ${known.join(", ")}, received "${strange}"`);
  return names;
};

export const parityCommand = new Command("parity")
  .description(
    "measure how far each backend is from the float64 oracle after every fused kernel; the " +
      "exit status is 1 if a tolerance is exceeded",
  )
  .argument("<spec>", specHelp)
  .option(
    "--weights <file>",
    "checkpoint as safetensors (default: synthetic tensors made from --seed)",
  )
  .addOption(
    new Option(
      "--backends <names>",
      `backends to compare, separated by commas: ${known.join(", ")}`,
    )
      .argParser(backendList)
      .default(["cpu"], "cpu"),
  )
  .option(
    "--seed <seed>",
    "seed of the inputs, and of the weights if --weights is not given",
    integer,
    0,
  )
  .option("--html <file>", "also write a page with a curve of the error over depth")
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    "\nExample:\n  sigil parity spec/models/siglip-shapes.json --backends cpu,native,webgpu " +
      "--html parity.html",
  )
  .action(lazy(async () => (await import("./parity.ts")).parity));
for (const option of backendOptions()) parityCommand.addOption(option);
