/**
 * PTX states the version of the language that it is written in, always the newest that its compiler
 * knows, and a driver refuses what is newer than itself.
 */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { KernelBuildError } from "./error.ts";
import type { Toolkit } from "./toolkit.ts";

const run = promisify(execFile);

/**
 * Versions from the first driver that Sigil runs on, CUDA 12.0; newer ones are tried as they are.
 */
const versions = ["8.0", "8.1", "8.2", "8.3", "8.4", "8.5", "8.6", "8.7", "8.8"];

/** Rewrites the file's `.version` to the lowest with which it still assembles, and returns that. */
export async function lowerPtx(
  toolkit: Toolkit,
  file: string,
  architecture: string,
): Promise<string> {
  const text = await readFile(file, "utf8");
  const stated = /^\.version (\d+\.\d+)$/m.exec(text)?.[1];
  if (stated === undefined) throw new KernelBuildError("compile", `${file} states no PTX version`);
  for (const version of versions) {
    await writeFile(file, text.replace(/^\.version .*$/m, `.version ${version}`));
    const assembled = await run(toolkit.ptxas, [
      `-arch=sm_${architecture}`,
      "-O0",
      "-o",
      `${file}.check`,
      file,
    ]).then(
      () => true,
      () => false,
    );
    if (assembled) return version;
  }
  await writeFile(file, text);
  return stated;
}
