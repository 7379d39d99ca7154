/** Completion scripts of shells, made of what the commands declare. */
import type { Command } from "commander";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** Names and descriptions hold no quotes, or they are taken out. */
const quoted = (text: string): string => `'${text.replaceAll("'", "")}'`;

const optionsOf = (command: Command): readonly string[] => [
  ...command.options.flatMap(({ long }) => long ?? []),
  "--help",
];

/**
 * The text of a script for the shell. It completes commands, options, choices of options and
 * otherwise files.
 */
export function completion(program: Command, shell: Shell): string {
  const name = program.name();
  const { commands } = program;
  if (shell === "fish")
    return [
      `complete -c ${name} -n __fish_use_subcommand -f -a ` +
        `${quoted(commands.map((command) => command.name()).join(" "))}`,
      ...commands.flatMap((command) =>
        command.options.map(
          ({ long, description, argChoices }) =>
            `complete -c ${name} -n ` +
            `${quoted(`__fish_seen_subcommand_from ${command.name()}`)} -l ${long?.slice(2)} ` +
            "-d " +
            `${quoted(description)}${argChoices ? ` -x -a ${quoted(argChoices.join(" "))}` : ""}`,
        ),
      ),
      "",
    ].join("\n");
  const cases = commands.map(
    (command) => `    ${command.name()}) words=${quoted(optionsOf(command).join(" "))} ;;`,
  );
  const choices = commands.flatMap((command) =>
    command.options.flatMap(({ long, argChoices }) =>
      argChoices ? [`    ${command.name()}:${long}) words=${quoted(argChoices.join(" "))} ;;`] : [],
    ),
  );
  const script = [
    `_${name}() {`,
    `  local word="\${COMP_WORDS[COMP_CWORD]}" words=""`,
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    "    COMPREPLY=($(compgen -W " +
      `${quoted(commands.map((command) => command.name()).join(" "))} -- "$word"))`,
    "    return",
    "  fi",
    `  case "\${COMP_WORDS[1]}:\${COMP_WORDS[COMP_CWORD-1]}" in`,
    ...choices,
    "  esac",
    '  if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$word")); return; fi',
    `  if [ "\${word#-}" = "$word" ]; then COMPREPLY=($(compgen -f -- "$word")); return; fi`,
    `  case "\${COMP_WORDS[1]}" in`,
    ...cases,
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    "}",
    `complete -o filenames -F _${name} ${name}`,
    "",
  ];
  return [
    ...(shell === "zsh" ? ["autoload -U +X bashcompinit && bashcompinit"] : []),
    ...script,
  ].join("\n");
}
