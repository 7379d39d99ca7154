/**
 * WebGPU for the command line: the package `webgpu` (Dawn), which is not installed with Sigil
 * because it weighs 51 MB.
 */
import { InputError } from "@sigil/runtime";

let instance: Promise<GPU> | undefined;

/**
 * Opens Dawn's GPU, and keeps it while the process lives, because devices end with it. Throws an
 * InputError that says what to install.
 */
export function openGpu(): Promise<GPU> {
  instance ??= import("webgpu").then(
    ({ create }) => create([]),
    (cause: unknown) =>
      Promise.reject(
        new InputError("WebGPU in Node needs the package webgpu: npm install webgpu", { cause }),
      ),
  );
  return instance;
}
