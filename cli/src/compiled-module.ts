/** Modules that `sigil compile` wrote, read as data: none of their code is run. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "@sigil/runtime";
import type { CpuArtifact, NativeKernels } from "@sigil/runtime-cpu";
import { backends, parsePlan, planFile } from "@sigil/spec";
import { readInput } from "./files.ts";

/** A file of a module, written as JavaScript or as TypeScript. */
const codeFileOf = (folder: string, name: string): string | undefined =>
  [".js", ".ts"].map((ending) => join(folder, `${name}${ending}`)).find((file) => existsSync(file));

/** Whether a folder is such a module. */
export const isCompiled = (folder: string): boolean =>
  codeFileOf(folder, "index") !== undefined &&
  Object.keys(backends).some((target) => existsSync(join(folder, planFile(target))));

/**
 * Reads the artifact of a module's CPU target. Throws InputError if the module was compiled without
 * that target, and DiagnosticError if its plan is invalid.
 */
export function readCompiled(folder: string): CpuArtifact {
  const file = join(folder, planFile("cpu"));
  const codeFile = codeFileOf(folder, "cpu");
  if (!existsSync(file) || codeFile === undefined)
    throw new InputError(
      `${folder}: expected a module compiled for the target cpu, found none; compile with ` +
        "--target cpu",
    );
  const code = readInput(codeFile).toString("utf8");
  const wasm = (name: string): Uint8Array => {
    const [, base64] = new RegExp(`^ *${name}: "([A-Za-z0-9+/=]+)",$`, "m").exec(code) ?? [];
    if (base64 === undefined)
      throw new InputError(`${codeFile}: expected the kernels that sigil compile writes`);
    return Buffer.from(base64, "base64");
  };
  const native = readNative(folder);
  return {
    plan: parsePlan(readInput(file).toString("utf8"), { file }),
    wasm: { plain: wasm("plain"), relaxed: wasm("relaxed") },
    ...(native && { native }),
  };
}

/** What the native addon runs: a kernel a line, as JSON behind its name. */
function readNative(folder: string): NativeKernels | undefined {
  const file = codeFileOf(folder, "native");
  if (file === undefined) return undefined;
  const lines = readInput(file)
    .toString("utf8")
    .matchAll(/^ {2}(\w+): (\{.*\}),$/gm);
  return Object.fromEntries(
    [...lines].map(([, name = "", json = ""]) => [name, parsedKernel(json, file)] as const),
  );
}

function parsedKernel(json: string, file: string): NativeKernels[string] {
  try {
    return JSON.parse(json) as NativeKernels[string];
  } catch (cause) {
    throw new InputError(`${file}: expected the kernels that sigil compile writes`, { cause });
  }
}
