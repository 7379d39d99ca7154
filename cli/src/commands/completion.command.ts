import { Argument, Command } from "commander";
import { completion, shells } from "../completion.ts";

export const completionCommand = (program: Command): Command =>
  new Command("completion")
    .description("print a script that completes commands and options in a shell")
    .addArgument(new Argument("<shell>", "shell to complete in").choices(shells))
    .addHelpText("after", "\nExample:\n  source <(sigil completion bash)")
    .action((shell) => void process.stdout.write(completion(program, shell)));
