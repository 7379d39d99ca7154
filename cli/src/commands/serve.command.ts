import { Command, Option } from "commander";
import { delay, port, positive } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { modelHelp, patchesHelp } from "../model-help.ts";

export const serveCommand = new Command("serve")
  .description("serve models over HTTP: the Open Inference Protocol, /embed and /classify")
  .argument("<model...>", `${modelHelp}; name=model serves it under that name`)
  .option("--port <number>", "port to listen on; 0 picks a free one", port, 8080)
  .option("--host <address>", "address to listen on; 0.0.0.0 listens on every network", "127.0.0.1")
  .addOption(
    new Option(
      "--backend <name>",
      "backend to run on; auto takes the native addon where it can run, else WebAssembly",
    )
      .choices(["auto", "native", "wasm"])
      .default("auto"),
  )
  .option("--threads <count>", "number of threads for each model", positive)
  .option("--max-num-patches <count>", patchesHelp, positive)
  .option("--max-waiting <count>", "pictures and texts that may wait for a model", positive, 512)
  .option(
    "--max-delay <ms>",
    "milliseconds that a request may wait for others to share its batch",
    delay,
    2,
  )
  .option("--body-limit <bytes>", "size of the largest request (default: 33554432)", positive)
  .option("--verbose", "write a line for each request")
  .addHelpText(
    "after",
    "\nExamples:\n  sigil serve ./siglip-base-patch16-224\n  curl -F images=@cat.png -F " +
      "labels='a cat' -F labels='a dog' localhost:8080/classify",
  )
  .action(lazy(async () => (await import("./serve.ts")).serve));
