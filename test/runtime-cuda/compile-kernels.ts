/**
 * Compiles kernels with nvcc, many in one translation unit, and reads what ptxas says of each and
 * what is in its PTX. The report on each kernel is cached by content.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Toolkit } from "@sigil/runtime-cuda/nvcc";
import type { DistinctKernel } from "./distinct-kernels.ts";

const run = promisify(execFile);
const device = join(import.meta.dirname, "..", "..", "runtime-cuda", "device");
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "sigil", "nvcc");

export interface KernelReport {
  readonly registers: number;
  /** Bytes of stack, spill stores and spill loads. */
  readonly stack: number;
  readonly spills: number;
}

export interface UnitReport {
  /** By kernel, then by target. */
  readonly kernels: Readonly<Record<string, Readonly<Record<string, KernelReport>>>>;
  /** PTX of the first target: how often each of `instructions` occurs, by kernel. */
  readonly ptx: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Anything that nvcc or ptxas complained of. */
  readonly complaints: readonly string[];
}

/** A kernel and the architectures to compile it for, such as 90a. */
export interface Job {
  readonly kernel: DistinctKernel;
  readonly targets: readonly string[];
}

/** Prefixes of instructions that are counted in the PTX. */
export const instructions = [
  "mma.sync",
  "ldmatrix",
  "cp.async",
  "fma.rn.f32",
  "ld.local",
  "st.local",
  "wgmma.mma_async",
  "cp.async.bulk.tensor",
  "griddepcontrol",
  "setmaxnreg",
] as const;

/** nvcc at a time, and kernels of each. */
const [units, perUnit] = [2, 12];
/**
 * Of what is cached: raised when reports that are kept elsewhere no longer say what this code
 * reads.
 */
const format = 3;
const headers = (
  await Promise.all(
    (
      await readdir(device, { recursive: true })
    )
      .filter((name) => name.endsWith(".cuh"))
      .sort()
      .map(async (name) => `${name}\n${await readFile(join(device, name), "utf8")}`),
  )
).join("");

function parsePtxas(output: string): UnitReport["kernels"] {
  const kernels: Record<string, Record<string, KernelReport>> = {};
  let current: { name: string; target: string } | undefined;
  let frame = [0, 0, 0];
  for (const line of output.split("\n")) {
    const entry = /Compiling entry function '(\w+)' for '(\w+)'/.exec(line);
    if (entry) current = { name: entry[1]!, target: entry[2]! };
    const bytes = /(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads/.exec(
      line,
    );
    if (bytes) frame = bytes.slice(1).map(Number);
    const used = /Used (\d+) registers/.exec(line);
    if (used && current) {
      (kernels[current.name] ??= {})[current.target] = {
        registers: Number(used[1]),
        stack: frame[0]!,
        spills: frame[1]! + frame[2]!,
      };
      current = undefined;
    }
  }
  return kernels;
}

function countInstructions(ptx: string): UnitReport["ptx"] {
  const found: Record<string, Record<string, number>> = {};
  // A kernel ends where the next begins: a closing brace may be that of inline assembly.
  for (const part of ptx.split(/^\.visible \.entry /m).slice(1)) {
    found[/^\w+/.exec(part)![0]] = Object.fromEntries(
      instructions.map((name) => [
        name,
        part.split(new RegExp(`^\\s*(?:@%?!?\\w+ )?${name.replaceAll(".", "\\.")}[. ]`, "m"))
          .length - 1,
      ]),
    );
  }
  return found;
}

/** Compiles kernels for the same targets. */
async function compileUnit(
  toolkit: Toolkit,
  source: string,
  targets: readonly string[],
): Promise<UnitReport> {
  const work = await mkdtemp(join(tmpdir(), "sigil-nvcc-"));
  try {
    const file = join(work, "unit.cu");
    await writeFile(file, source);
    // Kept files: the PTX of each target lies beside what ptxas makes of it.
    const { stdout, stderr } = await run(
      toolkit.nvcc,
      [
        ...["-std=c++17", "-Xptxas", "-v", "-I", device],
        ...targets.flatMap((target) => ["-gencode", `arch=compute_${target},code=sm_${target}`]),
        "--keep",
        "--keep-dir",
        work,
        "-fatbin",
        "-o",
        join(work, "unit.fatbin"),
        file,
      ],
      { maxBuffer: 2 ** 26 },
    );
    const output = stdout + stderr;
    const ptx = (await readdir(work)).filter(
      (name) => name.endsWith(".ptx") && name.includes(`compute_${targets[0]}`),
    );
    return {
      kernels: parsePtxas(output),
      ptx: countInstructions(await readFile(join(work, ptx[0] ?? "unit.ptx"), "utf8")),
      complaints: output.split("\n").filter((line) => /warning|error|\(C75\d\d\)/i.test(line)),
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What is cached of a kernel that compiled without a complaint. */
type Cached = Pick<UnitReport, "kernels" | "ptx">;

function cachePath(toolkit: Toolkit, { kernel, targets }: Job): string {
  const key = createHash("sha256")
    .update(JSON.stringify([toolkit.version, targets, instructions, format, headers, kernel.text]))
    .digest("hex")
    .slice(0, 40);
  return join(cache, `${key}.json`);
}

async function keep(path: string, report: Cached): Promise<void> {
  await mkdir(cache, { recursive: true });
  const partial = `${path}.${process.pid}.part`;
  await writeFile(partial, JSON.stringify(report));
  await rename(partial, path);
}

/** Reports on all kernels; a kernel that does not compile rejects with nvcc's words. */
export async function compileKernels(toolkit: Toolkit, jobs: readonly Job[]): Promise<UnitReport> {
  const reports: Cached[] = [];
  const complaints: string[] = [];
  const left = new Map<string, Job[]>();
  for (const job of jobs)
    try {
      reports.push(JSON.parse(await readFile(cachePath(toolkit, job), "utf8")) as Cached);
    } catch {
      const key = job.targets.join();
      left.set(key, [...(left.get(key) ?? []), job]);
    }
  const work = [...left.values()].flatMap((same) =>
    Array.from({ length: Math.ceil(same.length / perUnit) }, (_, i) =>
      same.slice(perUnit * i, perUnit * (i + 1)),
    ),
  );
  const worker = async (): Promise<void> => {
    for (let unit = work.pop(); unit; unit = work.pop()) {
      const source = unit.map(({ kernel }) => kernel.text).join("\n");
      const report = await compileUnit(toolkit, source, unit[0]!.targets);
      reports.push(report);
      complaints.push(...report.complaints);
      if (report.complaints.length > 0) continue;
      for (const job of unit) {
        const { name } = job.kernel;
        await keep(cachePath(toolkit, job), {
          kernels: { [name]: report.kernels[name] ?? {} },
          ptx: { [name]: report.ptx[name] ?? {} },
        });
      }
    }
  };
  await Promise.all(Array.from({ length: units }, worker));
  return {
    kernels: Object.assign({}, ...reports.map(({ kernels }) => kernels)) as UnitReport["kernels"],
    ptx: Object.assign({}, ...reports.map(({ ptx }) => ptx)) as UnitReport["ptx"],
    complaints,
  };
}
