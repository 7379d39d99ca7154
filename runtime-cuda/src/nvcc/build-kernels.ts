/**
 * Generated `.cu` to a fat binary: machine code for each known family of cards, and PTX for those
 * to come.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { CudaPath } from "../artifact.ts";
import { cacheFolder, contents, digest, make } from "../toolchain/build-cache.ts";
import { pool } from "../toolchain/pool.ts";
import { KernelBuildError } from "./error.ts";
import { lowerPtx } from "./lower-ptx.ts";
import { findToolkit, type Toolkit } from "./toolkit.ts";
import { targetsOf, type Targets } from "./targets.ts";

const run = promisify(execFile);

/** The headers that kernels include, in this package. */
export const deviceFolder = fileURLToPath(new URL("../../device", import.meta.url));

export interface BuildOptions {
  readonly toolkit?: Toolkit;
  /** What to compile for; by default all that the path is meant for. */
  readonly targets?: Targets;
  /** Where built images are kept; `$XDG_CACHE_HOME/sigil/kernels` by default. */
  readonly cache?: string;
  readonly signal?: AbortSignal;
  /** Steps of nvcc done, of all. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface BuiltKernels {
  readonly image: Uint8Array;
  /** Whether the image was in the cache. */
  readonly cached: boolean;
  readonly file: string;
}

const flags = [
  "-std=c++17",
  "-O3",
  "--expt-relaxed-constexpr",
  "-Werror",
  "all-warnings",
  "-I",
  deviceFolder,
];

/**
 * What ptxas says where it serialises wgmma or adds waits to it (C7510, C7511, C7514, C7517,
 * C7519). It calls that information, so that -Werror passes it.
 */
const wgmmaRemark = /\(C75\d\d\)/;

/** The lines that tell what is wrong, without the rest of what nvcc prints. */
const complaint = (error: unknown): string => {
  const {
    stderr = "",
    stdout = "",
    message,
  } = error as { stderr?: string; stdout?: string; message: string };
  const lines = `${stderr}\n${stdout}`
    .split("\n")
    .filter((line) => /error|warning|fatal/i.test(line));
  return lines.length > 0 ? lines.slice(0, 12).join("\n") : message;
};

async function compileAll(
  source: string,
  folder: string,
  toolkit: Toolkit,
  { cubins, ptx }: Targets,
  { signal, onProgress }: BuildOptions,
): Promise<string> {
  const total = cubins.length + 1;
  let done = 0;
  const nvcc = async (options: readonly string[]): Promise<void> => {
    let said: string;
    try {
      const { stdout, stderr } = await run(toolkit.nvcc, [...flags, ...options, source], {
        maxBuffer: 2 ** 26,
        ...(signal && { signal }),
      });
      said = `${stdout}\n${stderr}`;
    } catch (cause) {
      signal?.throwIfAborted();
      throw new KernelBuildError(
        "compile",
        `nvcc ${toolkit.version} refuses the kernels (${options.join(" ")}):\n${complaint(cause)}`,
        { cause },
      );
    }
    const slow = said.split("\n").filter((line) => wgmmaRemark.test(line));
    if (slow.length > 0)
      throw new KernelBuildError(
        "compile",
        `ptxas of nvcc ${toolkit.version} makes products wait for one another:\n${slow.join("\n")}`,
      );
    onProgress?.(++done, total);
  };
  const file = (kind: string): string => join(folder, `kernels.${kind}`);
  await pool([
    ...cubins.map((sm) => () => nvcc(["-cubin", `-arch=sm_${sm}`, "-o", file(`${sm}.cubin`)])),
    async () => {
      await nvcc(["-ptx", `-arch=compute_${ptx}`, "-o", file("ptx")]);
      await lowerPtx(toolkit, file("ptx"), ptx);
    },
  ]);
  const images = [
    ...cubins.map((sm) => `--image3=kind=elf,sm=${sm},file=${file(`${sm}.cubin`)}`),
    `--image3=kind=ptx,sm=${ptx},file=${file("ptx")}`,
  ];
  await run(toolkit.fatbinary, [
    "-64",
    "--compress-all",
    "--compress-mode=size",
    ...images,
    `--create=${file("fatbin")}`,
  ]);
  return file("fatbin");
}

/**
 * Compiles a path's kernels, or finds them compiled. Throws KernelBuildError; nothing half-written
 * is left behind.
 */
export async function buildKernels(
  sources: Readonly<Record<string, string>>,
  path: CudaPath,
  options: BuildOptions = {},
): Promise<BuiltKernels> {
  const toolkit = options.toolkit ?? (await findToolkit());
  const wanted = options.targets ?? targetsOf(path, toolkit.version);
  const cache = options.cache ?? cacheFolder("kernels");
  const named = Object.entries(sources)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flat();
  const key = digest([
    toolkit.version,
    JSON.stringify(wanted),
    ...flags.slice(0, -1),
    ...named,
    ...(await contents(deviceFolder, /\.cuh$/)),
  ]);
  const kept = join(cache, `${key}.fatbin`);
  const known = await readFile(kept).catch(() => undefined);
  if (known) return { image: known, cached: true, file: kept };
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), "sigil-kernels-"));
  try {
    const source = join(folder, "kernels.cu");
    await writeFile(
      source,
      Object.entries(sources)
        .map(([name, text]) => `#line 1 "${name}.cu"\n${text}`)
        .join("\n"),
    );
    const built = await compileAll(source, folder, toolkit, wanted, options);
    await make(kept, (partial) => copyFile(built, partial));
    return { image: await readFile(kept), cached: false, file: kept };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
