import { Command } from "commander";
import { port } from "../arguments.ts";
import { lazy } from "../lazy.ts";

export const workerCommand = new Command("worker")
  .description("computes shards that sigil embed --queue hands out, on any machine")
  .requiredOption("--queue <url>", "the queue that sigil embed uses")
  .option(
    "--board <port>",
    "also serve a page that shows the queue, its retries and failures",
    port,
  )
  .addHelpText("after", "\nExample:\n  sigil worker --queue redis://queue.example:6379")
  .action(lazy(async () => (await import("./worker.ts")).worker));
