import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "@sigil/runtime";
import { buildKernels, findToolkit, type CudaPath } from "@sigil/runtime-cuda/nvcc";
import { writeOutput } from "../files.ts";
import { withProgress } from "../progress.ts";

const paths: readonly CudaPath[] = ["portable", "hopper"];

export interface KernelsOptions {
  /** Compute capabilities without their dots; by default every one that Sigil knows. */
  readonly arch?: readonly string[];
  readonly json?: boolean;
}

/**
 * Compiles the kernels of modules that were compiled for CUDA: `cuda/<path>/*.cu` to
 * `kernels.<path>.fatbin`, which the module reads.
 */
export async function kernels(
  folders: readonly string[],
  { arch, json }: KernelsOptions,
): Promise<void> {
  const built: { readonly file: string; readonly bytes: number; readonly cached: boolean }[] = [];
  const toolkit = await findToolkit();
  for (const folder of folders) {
    const present = paths.filter((path) => existsSync(join(folder, "cuda", path)));
    if (present.length === 0)
      throw new InputError(
        `${folder} has no CUDA kernels: write them with sigil compile SPEC --target cuda ` +
          `--out ${folder}`,
      );
    for (const path of present) {
      const sources = await readSources(join(folder, "cuda", path));
      const targets = arch && { cubins: arch, ptx: path === "hopper" ? "90a" : "80" };
      const file = `kernels.${path}.fatbin`;
      const { image, cached } = await withProgress(`compiling ${folder} (${path})`, (report) =>
        buildKernels(sources, path, { toolkit, onProgress: report, ...(targets && { targets }) }),
      );
      await writeOutput(folder, { [file]: image });
      built.push({ file: join(folder, file), bytes: image.byteLength, cached });
    }
  }
  if (json) process.stdout.write(`${JSON.stringify(built)}\n`);
  else
    for (const { file, bytes, cached } of built)
      process.stdout.write(
        `${file}  ${(bytes / 1e3).toFixed(0)} kB${cached ? ", compiled before" : ""}\n`,
      );
}

async function readSources(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".cu")).sort();
  return Object.fromEntries(
    await Promise.all(
      names.map(
        async (name) =>
          [name.slice(0, -".cu".length), await readFile(join(folder, name), "utf8")] as const,
      ),
    ),
  );
}
