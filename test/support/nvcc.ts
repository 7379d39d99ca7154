/** NVIDIA's compiler, where it is installed; no card is needed. */
import { findToolkit } from "@sigil/runtime-cuda/nvcc";
import { requires } from "./require.ts";

/** Every kernel of every spec, rather than two of each kind. */
export const everyKernel = requires("nvcc-all");

/** Whether kernels are compiled at all: two of each kind take two minutes. */
export const someKernels = requires("nvcc") || everyKernel;

/** Undefined where tests must skip. */
export const toolkit = await findToolkit().catch((error: Error) => {
  if (someKernels) throw new Error(`REQUIRE=nvcc, but ${error.message}`);
  return undefined;
});

export const needsNvcc =
  "(needs nvcc 12.8 or newer; REQUIRE=nvcc, and nvcc-all for every kernel of every spec)";
