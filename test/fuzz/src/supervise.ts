/** Runs children over a target's inputs, and notices those that hang, grow or die. */
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChildMessage, ChildTask } from "./child.ts";
import { memoryBytes, signature, type Fault, type Judgement } from "./judge.ts";
import { Random } from "./random.ts";
import { targetNamed } from "./targets/index.ts";

export interface FuzzOptions {
  readonly target: string;
  readonly seconds: number;
  readonly seed: number;
  /** Processes that try inputs at the same time. */
  readonly jobs: number;
  /** Inputs at most; without a bound the time decides. */
  readonly inputs?: number;
  /** Where findings are written, one file each. */
  readonly folder: string;
  readonly onProgress?: (progress: FuzzResult) => void;
}

export interface Finding {
  readonly index: number;
  readonly judgement: Judgement;
  /** The minimised input where the child could make one, else the input as drawn. */
  readonly file: string;
}

export interface FuzzResult {
  readonly tried: number;
  readonly refused: number;
  readonly findings: readonly Finding[];
}

/** Wall-clock seconds without a new input after which a child counts as hanging. */
const hangSeconds = 60;

/** Inputs that a child tries before it says where it is. */
const stretch = 64;

/** Tries a target's inputs until time or inputs are over. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { target, seed, seconds, jobs, inputs = Number.MAX_SAFE_INTEGER, folder } = options;
  const scratch = mkdtempSync(join(tmpdir(), "sigil-fuzz-"));
  const until = Date.now() + 1000 * seconds;
  const findings: Finding[] = [];
  const known = new Set<string>();
  let tried = 0;
  let refused = 0;

  const keep = (index: number, judgement: Judgement, input: Uint8Array): void => {
    if (known.has(signature(judgement))) return;
    known.add(signature(judgement));
    mkdirSync(join(folder, target), { recursive: true });
    const name = createHash("sha256").update(input).digest("hex").slice(0, 12);
    const file = join(folder, target, name);
    writeFileSync(file, input);
    findings.push({ index, judgement, file });
  };

  const job = async (first: number): Promise<void> => {
    const indexFile = join(scratch, `${first}`);
    const run = (from: number, to: number, stretch: number): Promise<Judgement | undefined> => {
      writeFileSync(indexFile, new Uint8Array(8));
      const told = [...known];
      return runChild(
        { target, seed, first: from, step: jobs, until, end: to, indexFile, stretch, known: told },
        (message) => {
          if ("index" in message)
            keep(message.index, message.judgement, Buffer.from(message.input, "base64"));
          else {
            tried += message.tried;
            refused += message.refused;
            options.onProgress?.({ tried, refused, findings });
          }
        },
      );
    };
    for (let at = first; at < inputs && Date.now() < until; at += jobs) {
      const end = await run(at, inputs, stretch);
      if (end === undefined) return;
      // Again from where the stretch began, one by one: which of its inputs was it?
      at = readIndex(indexFile);
      const last = Math.min(inputs, at + stretch * jobs);
      const again = await run(at, last, 1);
      if (again !== undefined) at = readIndex(indexFile);
      const opened = await targetNamed(target).open();
      keep(at, again ?? end, opened.draw(Random.of(seed, at)));
      await opened.close?.();
      if (again === undefined) at = last - jobs;
    }
  };
  await Promise.all(Array.from({ length: jobs }, (_, first) => job(first)));
  await rm(scratch, { recursive: true });
  return { tried, refused, findings };
}

function readIndex(file: string): number {
  const handle = openSync(file, "r");
  const index = new Float64Array(1);
  readSync(handle, index, 0, 8, 0);
  closeSync(handle);
  return index[0]!;
}

/** Runs a child to its end; what it died of, where it did. */
function runChild(
  task: ChildTask,
  onMessage: (message: ChildMessage) => void,
): Promise<Judgement | undefined> {
  return new Promise((resolve) => {
    const child = fork(join(import.meta.dirname, "child.js"), [JSON.stringify(task)], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let fault: Fault | undefined;
    let errors = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-2000);
    });
    child.on("message", onMessage);
    let index = -1;
    let since = Date.now();
    let base = 0;
    const watch = setInterval(() => {
      const now = readIndex(task.indexFile);
      const resident = residentBytes(child.pid!);
      if (now !== index) {
        index = now;
        since = Date.now();
        // What is resident between inputs is not the next one's.
        base = Math.min(base || resident, resident);
      }
      if (Date.now() - since > 1000 * hangSeconds) fault = "hang";
      if (resident - base > memoryBytes) fault = "memory";
      if (fault) child.kill("SIGKILL");
    }, 50);
    child.on("exit", (code, signal) => {
      clearInterval(watch);
      if (code === 0) return resolve(undefined);
      resolve({
        fault: fault ?? "crash",
        message: fault
          ? ""
          : `${signal ?? `status ${code}`} ${errors.split("\n").slice(-5).join(" ")}`,
      });
    });
  });
}

/** 0 where the system does not tell. */
function residentBytes(pid: number): number {
  try {
    return 4096 * Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  } catch {
    return 0;
  }
}
