/**
 * Compiles kernels with nvcc, many in one translation unit, and reads what ptxas says of each and
 * what is in its PTX. Reports are cached by content.
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

/** nvcc at a time. */
const units = 2;
/**
 * Of UnitReport: raised when reports that are kept elsewhere no longer say what this code reads.
 */
const format = 2;
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

async function compileUnit(
  toolkit: Toolkit,
  source: string,
  targets: readonly string[],
): Promise<UnitReport> {
  const flags = ["-std=c++17", "-Xptxas", "-v", "-I", device];
  const key = createHash("sha256")
    .update(JSON.stringify([toolkit.version, targets, instructions, format, headers, source]))
    .digest("hex")
    .slice(0, 40);
  const cached = join(cache, `${key}.json`);
  try {
    return JSON.parse(await readFile(cached, "utf8")) as UnitReport;
  } catch {
    // Not compiled yet.
  }
  const work = await mkdtemp(join(tmpdir(), "sigil-nvcc-"));
  try {
    const file = join(work, "unit.cu");
    await writeFile(file, source);
    // Kept files: the PTX of each target lies beside what ptxas makes of it.
    const { stdout, stderr } = await run(
      toolkit.nvcc,
      [
        ...flags,
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
    const report: UnitReport = {
      kernels: parsePtxas(output),
      ptx: countInstructions(await readFile(join(work, ptx[0] ?? "unit.ptx"), "utf8")),
      complaints: output.split("\n").filter((line) => /warning|error|C75\d\d/i.test(line)),
    };
    await mkdir(cache, { recursive: true });
    const partial = `${cached}.${process.pid}.part`;
    await writeFile(partial, JSON.stringify(report));
    await rename(partial, cached);
    return report;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Reports on all kernels; a kernel that does not compile rejects with nvcc's words. */
export async function compileKernels(
  toolkit: Toolkit,
  kernels: readonly DistinctKernel[],
  targets: readonly string[],
): Promise<UnitReport> {
  const perUnit = 12;
  const sources = Array.from({ length: Math.ceil(kernels.length / perUnit) }, (_, i) =>
    kernels
      .slice(perUnit * i, perUnit * (i + 1))
      .map(({ text }) => text)
      .join("\n"),
  );
  const reports: UnitReport[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < sources.length) {
      const i = next++;
      reports[i] = await compileUnit(toolkit, sources[i]!, targets);
    }
  };
  await Promise.all(Array.from({ length: units }, worker));
  return {
    kernels: Object.assign({}, ...reports.map((report) => report.kernels)) as UnitReport["kernels"],
    ptx: Object.assign({}, ...reports.map(({ ptx }) => ptx)) as UnitReport["ptx"],
    complaints: reports.flatMap(({ complaints }) => complaints),
  };
}
