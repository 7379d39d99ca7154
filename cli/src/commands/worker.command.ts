import { Command } from "commander";
import { port } from "../arguments.ts";
import { lazy } from "../lazy.ts";

export const workerCommand = new Command("worker")
  .description("compute shards that sigil embed --queue hands out; runs on any machine")
  .requiredOption("--queue <url>", "URL of the queue that sigil embed uses")
  .option(
    "--board <port>",
    "also serve a page on this port that shows the queue, retries and failures",
    port,
  )
  .addHelpText("after", "\nExample:\n  sigil worker --queue redis://queue.example:6379")
  .action(lazy(async () => (await import("./worker.ts")).worker));
