/** NVIDIA's compiler, which needs no GPU. */
import { findToolkit } from "@sigil/runtime-cuda/nvcc";

const required = (process.env.REQUIRE ?? "").split(",").includes("nvcc");

/** Undefined where tests must skip. */
export const toolkit = await findToolkit().catch((error: Error) => {
  if (required) throw new Error(`REQUIRE=nvcc, but ${error.message}`);
  return undefined;
});
export const needsNvcc = "(needs nvcc 12.8 or newer; REQUIRE=nvcc)";
