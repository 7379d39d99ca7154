/** Kernel images: files beside the generated module, which nvcc made. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { CudaError } from "./error.ts";

/** Reads an image. Rejects with CudaError no-image if it was not built. */
export async function readImage(url: URL): Promise<Uint8Array> {
  try {
    return await readFile(url);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new CudaError(
      "no-image",
      `${fileURLToPath(url)} does not exist: compile the kernels with sigil kernels, which ` +
        "needs nvcc, or use the CPU backend",
      { cause },
    );
  }
}
