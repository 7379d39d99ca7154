/** Builds run_case.cpp, which runs the native kernels without Node. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { units } from "../../runtime-native/scripts/units.mjs";

const root = join(import.meta.dirname, "../..");
const native = join(root, "runtime-native/native");
const main = join(import.meta.dirname, "run_case.cpp");
const builds = join(root, "build/test/run-case");
const sources = [
  "cores",
  "descriptor",
  "file",
  "isa",
  "memory",
  "pool",
  "program",
  "program_gemm",
  "program_run",
  "program_weights",
];

function runCompiler(compiler: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(compiler, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${compiler}: ${error?.message ?? stderr}`);
  return stdout;
}

/** Of everything that a build depends on. */
function digestOf(compiler: string, flags: readonly string[], arch: string): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([runCompiler(compiler, ["--version"]), flags, units[arch]]));
  const files = readdirSync(native, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));
  for (const file of [main, ...files.sort()]) hash.update(`${file}\n`).update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

/**
 * The path of the program, and of the folder of its objects. A build takes a minute, so it is kept
 * for the other files of tests and for later runs.
 */
export function buildRunner(
  extra: readonly string[] = [],
  { compiler = "g++", arch = process.arch as string } = {},
): { readonly program: string; readonly objects: string } {
  const flags = ["-std=c++17", "-O2", "-ffp-contract=off", "-w", ...extra];
  const objects = join(builds, digestOf(compiler, flags, arch));
  const built = { program: join(objects, "run_case"), objects };
  if (existsSync(built.program)) return built;
  mkdirSync(builds, { recursive: true });
  const partial = mkdtempSync(join(builds, "partial-"));
  const compileTo = (object: string, ...args: readonly string[]): string => {
    const path = join(partial, object);
    runCompiler(compiler, [...flags, ...args, "-o", path]);
    return path;
  };
  const parts = [
    ...sources.map((name) => compileTo(`${name}.o`, "-c", join(native, `${name}.cpp`))),
    ...Object.entries(units[arch]!).map(([unit, own]) =>
      compileTo(`${unit}.o`, ...own, "-c", join(native, "kernels", `${unit}.cpp`)),
    ),
  ];
  compileTo("run_case", main, ...parts, "-pthread");
  // Whoever comes second loses nothing but time.
  try {
    renameSync(partial, objects);
  } catch (error) {
    if (!existsSync(built.program)) throw error;
    rmSync(partial, { recursive: true });
  }
  return built;
}
