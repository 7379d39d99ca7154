/**
 * Generated `.cu` to one shared object for this machine's processor: the kernels, the host's twins
 * of their primitives, and the engine that runs them.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cacheFolder, contents, digest, exists, make } from "../toolchain/build-cache.ts";
import { pool } from "../toolchain/pool.ts";
import { findHostCompiler, type HostCompiler } from "./compiler.ts";
import { EmulatorError } from "./error.ts";

const run = promisify(execFile);

const emulatorFolder = fileURLToPath(new URL("../../emulator", import.meta.url));
const deviceFolder = fileURLToPath(new URL("../../device", import.meta.url));

export interface EmulatedBuildOptions {
  readonly compiler?: HostCompiler;
  /** Where objects are kept, by content; `$XDG_CACHE_HOME/sigil/emulated` by default. */
  readonly cache?: string;
  /**
   * Watches every access to memory: races, unfenced writes, bounds and alignment are faults.
   * Several times slower.
   */
  readonly checked?: boolean;
  readonly signal?: AbortSignal;
}

export interface EmulatedKernels {
  /** The shared object; its C interface is emulator/engine/launch.h. */
  readonly file: string;
  /** Whether it was in the cache. */
  readonly cached: boolean;
}

// Contracting a * b + c is what nvcc does too. Kernels see one memory under several types. Fibers
// and handlers need plain calls and no checks of longjmp.
// A process may load many of these objects: their thread-local pointer must not take from the
// little that is kept for libraries (TLS descriptors are as fast).
const threadLocal = process.arch === "x64" ? ["-mtls-dialect=gnu2"] : [];
const flags = [
  "-std=c++17",
  "-fPIC",
  "-fvisibility=hidden",
  "-march=native",
  "-ffp-contract=fast",
  "-fno-strict-aliasing",
  "-fno-gnu-unique",
  "-fno-exceptions",
  "-U_FORTIFY_SOURCE",
  ...threadLocal,
  "-I",
  emulatorFolder,
  "-I",
  deviceFolder,
];
const engineFlags = ["-O2", "-ftree-vectorize", "-fvect-cost-model=dynamic", "-Wall", "-Wextra"];
// A frame larger than the page behind a stack is probed page by page, or it would reach into the
// next thread's.
const kernelFlags = [
  "-O2",
  "-ftree-vectorize",
  "-Wall",
  "-Wno-unknown-pragmas",
  "-Wno-unused-function",
  "-fstack-clash-protection",
];
// The compiler's calls for ThreadSanitizer go to the engine, which knows what a block's threads may
// do; its library is not linked.
const checkedFlags = ["-fsanitize=thread", "--param", "tsan-distinguish-volatile=0"];
const linkFlags = [
  "-shared",
  "-pthread",
  "-Wl,-Bsymbolic",
  "-Wl,-z,nodelete",
  "-Wl,--no-undefined",
];

/** The lines that tell what is wrong. */
const complaint = (error: unknown): string => {
  const { stderr = "", message } = error as { stderr?: string; message: string };
  const lines = stderr.split("\n");
  const errors = lines.filter((line) =>
    /error|undefined reference|multiple definition/i.test(line),
  );
  return errors.length > 0
    ? errors.slice(0, 12).join("\n")
    : lines.slice(0, 12).join("\n") || message;
};

/**
 * Compiles kernels for emulation, or finds them compiled; `sources` are by the kernel's name, each
 * a translation unit of its own. Throws EmulatorError.
 */
export async function buildEmulated(
  sources: Readonly<Record<string, string>>,
  options: EmulatedBuildOptions = {},
): Promise<EmulatedKernels> {
  const compiler = options.compiler ?? (await findHostCompiler());
  const cache = options.cache ?? cacheFolder("emulated");
  const signal = options.signal && { signal: options.signal };
  const machine = [compiler.command, compiler.version, process.arch, cpus()[0]?.model ?? ""];
  const engineFolder = join(emulatorFolder, "engine");
  const emulatorHeaders = await contents(emulatorFolder, /\.(cuh|h)$/);
  const headers = [...emulatorHeaders, ...(await contents(deviceFolder, /\.cuh$/))];
  const ofKernel = options.checked ? [...kernelFlags, ...checkedFlags] : kernelFlags;

  const units: { object: string; compile: (partial: string) => Promise<unknown> }[] = [];
  const gxx = (args: readonly string[]): Promise<unknown> =>
    run(compiler.command, args, { maxBuffer: 2 ** 26, ...signal });
  // One translation unit: half the work of compiling its files one by one, most of which is reading
  // headers.
  const engineFiles = (await readdir(engineFolder)).filter((file) => file.endsWith(".cpp")).sort();
  const engine = engineFiles.map((file) => `#include "engine/${file}"\n`).join("");
  const work = await mkdtemp(join(tmpdir(), "sigil-emulated-"));
  try {
    units.push({
      object: join(
        cache,
        digest([
          ...machine,
          ...flags.slice(0, -4),
          ...engineFlags,
          ...emulatorHeaders,
          ...(await contents(engineFolder, /\.cpp$/)),
        ]) + ".o",
      ),
      compile: async (partial) => {
        const file = join(work, "engine.cpp");
        await writeFile(file, engine);
        try {
          await gxx([...flags, ...engineFlags, "-c", file, "-o", partial]);
        } catch (cause) {
          options.signal?.throwIfAborted();
          throw new EmulatorError(
            "engine",
            `${compiler.version} refuses the emulator:\n${complaint(cause)}`,
            { cause },
          );
        }
      },
    });
    const sorted = Object.entries(sources).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, source] of sorted) {
      units.push({
        object: join(
          cache,
          `${digest([...machine, ...flags.slice(0, -4), ...ofKernel, ...headers, name, source])}.o`,
        ),
        compile: async (partial) => {
          const file = join(work, `${name.replace(/[^\w.-]/g, "_")}.cu`);
          await writeFile(file, source);
          try {
            await gxx([...flags, ...ofKernel, "-x", "c++", "-c", file, "-o", partial]);
          } catch (cause) {
            options.signal?.throwIfAborted();
            throw new EmulatorError(
              "compile",
              `${compiler.version} refuses the kernel ${name}:\n${complaint(cause)}`,
              { cause, kernel: name },
            );
          }
        },
      });
    }
    const file = join(cache, `${digest([...linkFlags, ...units.map(({ object }) => object)])}.so`);
    if (await exists(file)) return { file, cached: true };
    await mkdir(cache, { recursive: true });
    await pool(
      units.map(
        ({ object, compile }) =>
          () =>
            make(object, compile),
      ),
    );
    await make(file, async (partial) => {
      try {
        await gxx([...units.map(({ object }) => object), ...linkFlags, "-o", partial]);
      } catch (cause) {
        options.signal?.throwIfAborted();
        throw new EmulatorError(
          "compile",
          `${compiler.version} does not link the kernels:\n${complaint(cause)}`,
          { cause },
        );
      }
    });
    return { file, cached: false };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
