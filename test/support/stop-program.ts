import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** Ends a program that a test started, and waits until it is gone: until then it may write. */
export async function stopProgram(program: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  const ended = once(program, "exit");
  program.kill(signal);
  await ended;
}
