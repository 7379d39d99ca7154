/** The process of the `sigil` command. */
import { reported, runCommandLine } from "./command-line.ts";

// A reader that stops early (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? 0 : 1),
);

// What an addon or a worker throws outside of every call.
process.on("uncaughtException", async (error) => process.exit(await reported(error)));

await runCommandLine(process.argv.slice(2));
