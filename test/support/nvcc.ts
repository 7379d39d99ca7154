/** NVIDIA's compiler, where it is installed; no card is needed. */
import { findToolkit } from "@sigil/runtime-cuda/nvcc";

const wanted = (process.env.REQUIRE ?? "").split(",");

/** Undefined where tests must skip. */
export const toolkit = await findToolkit().catch((error: Error) => {
  if (wanted.some((name) => name.startsWith("nvcc")))
    throw new Error(`REQUIRE=nvcc, but ${error.message}`);
  return undefined;
});

/** Every kernel of every spec rather than some of each kind. */
export const everyKernel = wanted.includes("nvcc-all");
export const needsNvcc =
  "(needs nvcc 12.8 or newer; REQUIRE=nvcc, and nvcc-all for every kernel of every spec)";
