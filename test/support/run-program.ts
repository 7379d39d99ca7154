import { spawn } from "node:child_process";

export interface Ended {
  /** Null where a signal ended it, or it could not be started. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end while this process goes on, with servers for instance. */
export function runProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  input: string | Uint8Array = "",
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, timeout: 60_000 });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data: Buffer) => (stdout += data.toString("utf8")));
    child.stderr.on("data", (data: Buffer) => (stderr += data.toString("utf8")));
    child.stdin.on("error", () => {}).end(input);
    child.on("error", (error) => resolve({ status: null, stdout, stderr: error.message }));
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}
