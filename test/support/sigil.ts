import { Console } from "node:console";
import { Readable } from "node:stream";
import { runCommandLine } from "../../cli/dist/command-line.js";
import type { Ended } from "./run-program.ts";

export interface Surroundings {
  readonly cwd?: string;
  /** The whole environment, in place of this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** What stdin has. */
  readonly input?: string | Uint8Array;
}

/**
 * Runs a command line of `sigil` in this process, which spares each call the start of another.
 * One at a time: streams, folder and environment are the process's. What only a process has
 * (signals, broken pipes, uncaught errors) needs `runProgram`.
 */
export async function runSigil(
  args: readonly string[],
  { cwd, env, input = "" }: Surroundings = {},
): Promise<Ended> {
  const { stdin, stdout, stderr, exitCode } = process;
  const folder = process.cwd();
  const environment = process.env;
  const logger = globalThis.console;
  const written = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const stream = (name: "stdout" | "stderr") =>
    Object.assign(Object.create(process[name]) as NodeJS.WriteStream, {
      isTTY: false,
      write: (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
        written[name].push(Buffer.from(chunk as string));
        const done = rest.at(-1);
        if (typeof done === "function") queueMicrotask(() => done());
        return true;
      },
    });
  const put = (streams: object): void => {
    for (const [name, value] of Object.entries(streams))
      Object.defineProperty(process, name, { value, configurable: true });
  };
  put({
    stdin: Readable.from([Buffer.from(input as string)]),
    stdout: stream("stdout"),
    stderr: stream("stderr"),
  });
  globalThis.console = new Console(process.stdout, process.stderr);
  if (cwd !== undefined) process.chdir(cwd);
  if (env !== undefined) process.env = { ...env };
  process.exitCode = undefined;
  try {
    await runCommandLine(args);
    const status = Number(process.exitCode ?? 0);
    const [out, error] = [written.stdout, written.stderr].map((parts) =>
      Buffer.concat(parts).toString("utf8"),
    ) as [string, string];
    return { status, stdout: out, stderr: error };
  } finally {
    put({ stdin, stdout, stderr });
    globalThis.console = logger;
    process.env = environment;
    process.exitCode = exitCode;
    process.chdir(folder);
  }
}

/** What a command line prints; throws what is on stderr where it fails. */
export async function printed(
  args: readonly string[],
  surroundings: Surroundings = {},
): Promise<string> {
  const { status, stdout, stderr } = await runSigil(args, surroundings);
  if (status !== 0) throw new Error(`sigil ${args.join(" ")} ended with ${status}:\n${stderr}`);
  return stdout;
}
