import { Command, Option } from "commander";
import { delay, port, positive } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { modelHelp, patchesHelp } from "../model-help.ts";

export const serveCommand = new Command("serve")
  .description("serves models over HTTP: the Open Inference Protocol, /embed and /classify")
  .argument("<model...>", `${modelHelp}; name=model gives one a name`)
  .option("--port <number>", "port to listen on; 0 takes a free one", port, 8080)
  .option("--host <address>", "address to listen on; 0.0.0.0 for every network", "127.0.0.1")
  .addOption(
    new Option("--backend <name>", "what computes: the native addon where it can run, or one")
      .choices(["auto", "native", "wasm"])
      .default("auto"),
  )
  .option("--threads <count>", "threads to use for each model", positive)
  .option("--max-num-patches <count>", patchesHelp, positive)
  .option("--max-waiting <count>", "pictures and texts that may wait for a model", positive, 512)
  .option("--max-delay <ms>", "how long a request may wait for others to run with", delay, 2)
  .option("--body-limit <bytes>", "largest request (default: 33554432)", positive)
  .option("--verbose", "write a line for each request")
  .addHelpText(
    "after",
    "\nExamples:\n  sigil serve ./siglip-base-patch16-224\n  curl -F images=@cat.png -F " +
      "labels='a cat' -F labels='a dog' localhost:8080/classify",
  )
  .action(lazy(async () => (await import("./serve.ts")).serve));
