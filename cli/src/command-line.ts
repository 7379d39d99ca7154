/** The commands of `sigil`, and how one of them is run. */
import { Command, CommanderError } from "commander";
import { catalogueCommand } from "./commands/catalogue.command.ts";
import { classifyCommand } from "./commands/classify.command.ts";
import { compareCommand } from "./commands/compare.command.ts";
import { compileCommand } from "./commands/compile.command.ts";
import { completionCommand } from "./commands/completion.command.ts";
import { doctorCommand } from "./commands/doctor.command.ts";
import { embedCommand } from "./commands/embed.command.ts";
import { initCommand } from "./commands/init.command.ts";
import { inspectCommand } from "./commands/inspect.command.ts";
import { kernelsCommand } from "./commands/kernels.command.ts";
import { parityCommand } from "./commands/parity.command.ts";
import { preprocessCommand } from "./commands/preprocess.command.ts";
import { quantizeCommand } from "./commands/quantize.command.ts";
import { runCommand } from "./commands/run.command.ts";
import { serveCommand } from "./commands/serve.command.ts";
import { tokenizeCommand } from "./commands/tokenize.command.ts";
import { tuneCommand } from "./commands/tune.command.ts";
import { weightsCommand } from "./commands/weights.command.ts";
import { workerCommand } from "./commands/worker.command.ts";
import { version } from "./version.ts";

const program = new Command("sigil")
  .description("Compile SigLIP models to fused kernels with typed bindings, and run them.")
  .version(version)
  .exitOverride()
  .showHelpAfterError();

/** In the order of the help. */
for (const command of [
  inspectCommand,
  compileCommand,
  kernelsCommand,
  classifyCommand,
  embedCommand,
  workerCommand,
  initCommand,
  preprocessCommand,
  runCommand,
  parityCommand,
  tuneCommand,
  weightsCommand,
  tokenizeCommand,
  quantizeCommand,
  compareCommand,
  serveCommand,
  catalogueCommand,
  doctorCommand,
  completionCommand(program),
])
  program.addCommand(command.copyInheritedSettings(program));

/**
 * Runs a command line, without the words `node sigil`. The status is left in `process.exitCode`; an
 * error is printed to stderr.
 */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = await reported(error);
  }
}

/**
 * Prints what a command threw and returns the exit status. Commander prints its own errors.
 */
export async function reported(error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return (await import("./report-error.ts")).reportError(error);
}
