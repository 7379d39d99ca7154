/** The process of the `sigil` command. */
import { reported, runCommandLine } from "./command-line.ts";

// A reader that stops early (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? 0 : 1),
);

// What an addon or a worker throws outside of every call.
process.on("uncaughtException", async (error) => process.exit(await reported(error)));

// By default a signal ends a process without "exit", on which unfinished files are removed. A
// command that has a way of its own to end listens too, once: the second signal does not wait for
// it.
for (const [signal, status] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(status);
  });

await runCommandLine(process.argv.slice(2));
