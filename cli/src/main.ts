/** The `sigil` command: arguments in, one command's module called, errors printed as their kind asks. */
import { DiagnosticError, formatDiagnostics } from "@sigil/spec";
import { ArchitectureError } from "@sigil/compiler";
import { Command, CommanderError, Option } from "commander";
import { classify } from "./commands/classify.ts";
import { compile } from "./commands/compile.ts";
import { inspect } from "./commands/inspect.ts";
import { doctor } from "./commands/doctor.ts";
import { tokenize } from "./commands/tokenize.ts";

const list = (text: string): string[] => text.split(",").map((label) => label.trim());

const program = new Command("sigil").description("Compiles SigLIP specs to fused kernels with typed bindings, and runs them.").version("0.1.0").exitOverride().showHelpAfterError();

program
  .command("inspect")
  .description("kernel problems and memory plan of a spec, a config.json or a checkpoint folder")
  .argument("<spec>")
  .option("--dump <dir>", "also write every stage as text")
  .option("--json", "print the plan as JSON")
  .addHelpText("after", "\nExample:\n  sigil inspect spec/models/siglip-base-patch16-224.json --dump build/base")
  .action(inspect);

program
  .command("compile")
  .description("a spec, a config.json or a checkpoint folder to kernels and a typed module")
  .argument("<spec>")
  .addOption(new Option("--target <target>", "what to compile for").choices(["cpu"]).default("cpu"))
  .option("--out <dir>", "folder of the module (default: generated/<name>)")
  .option("--dump <dir>", "also write every stage as text")
  .option("--json", "print JSON")
  .addHelpText("after", "\nExample:\n  sigil compile ./siglip-base-patch16-224 --out src/generated/siglip")
  .action(compile);

program
  .command("classify")
  .description("zero-shot classification of pictures")
  .argument("<image...>")
  .requiredOption("--labels <a,b>", "labels, separated by commas", list)
  .requiredOption("--model <dir>", "checkpoint folder")
  .option("--template <text>", "text around a label", "This is a photo of {}.")
  .option("--json", "print JSON")
  .addHelpText("after", '\nExample:\n  sigil classify cat.png --labels "a cat,a dog" --model ./siglip-base-patch16-224')
  .action(classify);

program
  .command("tokenize")
  .description("texts on stdin (a JSON string or an object with `text` a line), ids on stdout")
  .requiredOption("--model <file>", "spiece.model")
  .option("--raw", "SentencePiece alone: no canonicalisation, no eos")
  .addHelpText("after", "\nExample:\n  echo '\"a photo\"' | sigil tokenize --model spiece.model")
  .action(tokenize);

program.command("doctor").description("what this machine can run, and what is missing").addHelpText("after", "\nExample:\n  sigil doctor").action(doctor);

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    if (error instanceof DiagnosticError) process.stderr.write(`${formatDiagnostics(error.diagnostics)}\n`);
    else if (error instanceof ArchitectureError) process.stderr.write(`error: ${error.message}\n`);
    else process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
