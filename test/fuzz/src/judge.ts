/** Runs one input and says whether what became of it is right. */
import { SigilError } from "@sigil/spec";
import type { OpenTarget, Outcome } from "./target.ts";

/** Why an input is a finding. */
export type Fault =
  /** An error that Sigil did not mean to throw. */
  | "foreign error"
  | "stack overflow"
  /** More than {@link slowSeconds} of processor time. */
  | "slow"
  /** A success that the target knows to be wrong. */
  | "wrong success"
  /** The process grew past {@link memoryBytes}. */
  | "memory"
  /** No answer until the process was ended. */
  | "hang"
  /** The process ended by itself. */
  | "crash";

export const slowSeconds = 2;
export const memoryBytes = 2 ** 30;

/** Thrown by a target where the code under test took what it should have refused. */
export class WrongSuccess extends Error {
  override readonly name = "WrongSuccess";
}

export interface Judgement {
  readonly outcome?: Outcome;
  readonly fault?: Fault;
  /** The error's text and where it was thrown. */
  readonly message?: string;
}

/** Runs `input`, a second time where the first took long; never throws. */
export async function judge(target: OpenTarget, input: Uint8Array): Promise<Judgement> {
  const before = performance.now();
  const judgement = await attempt(target, input);
  if (judgement.fault || performance.now() - before < 1000 * slowSeconds) return judgement;
  // Whether the machine was busy is asked only here: the call costs as much as a cheap input.
  const cpu = process.cpuUsage();
  await attempt(target, input);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (user + system) / 1e6;
  return seconds < slowSeconds
    ? judgement
    : { fault: "slow", message: `${seconds.toFixed(1)} s of processor time` };
}

async function attempt(target: OpenTarget, input: Uint8Array): Promise<Judgement> {
  try {
    const pending = target.run(input);
    // An await would cost more than most inputs do.
    if (pending !== undefined) await pending;
    return { outcome: "taken" };
  } catch (error) {
    if (error instanceof WrongSuccess) return { fault: "wrong success", message: error.message };
    if (error instanceof SigilError && !/\binternal:/.test(error.message))
      return { outcome: "refused" };
    if (error instanceof RangeError && /call stack/i.test(error.message))
      return { fault: "stack overflow", message: described(error) };
    return { fault: "foreign error", message: described(error) };
  }
}

function described(error: unknown): string {
  if (!(error instanceof Error)) return `not an Error: ${String(error)}`;
  const frame = /\n\s+at .*/.exec(error.stack ?? "")?.[0].trim() ?? "";
  return `${error.name}: ${error.message.slice(0, 300)} ${frame}`;
}

/** Equal for findings that have one cause, as far as their text tells. */
export const signature = ({ fault, message = "" }: Judgement): string =>
  `${fault} ${message}`.replace(/".*?"|`.*?`|'.*?'|\d+/g, "_").slice(0, 300);
