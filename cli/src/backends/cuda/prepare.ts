/**
 * CUDA for the command line: on a card with kernels that nvcc compiles for it, or emulated on this
 * machine's processor by g++.
 */
import type { CudaModule } from "@sigil/compiler/internal";
import { openDriver, type CudaArtifact, type CudaPath } from "@sigil/runtime-cuda";
import { emulate } from "@sigil/runtime-cuda/emulated";
import { buildKernels } from "@sigil/runtime-cuda/nvcc";
import type { Plan } from "@sigil/spec";
import { withProgress } from "../../progress.ts";

const paths: readonly CudaPath[] = ["portable", "hopper"];

/** The value of `--cuda-path`. */
export const pathOf = (value: unknown): CudaPath | undefined =>
  paths.find((path) => path === value);

/** A model compiled for CUDA, in memory. */
export interface CompiledCuda extends Pick<CudaModule, "kernels" | "sources"> {
  readonly plan: Plan;
}

export interface PreparedCuda {
  readonly artifact: CudaArtifact;
  /** For the session's options: the emulated driver, and which kernels. */
  readonly options: { readonly driver?: string; readonly path: "auto" | CudaPath };
}

/**
 * Gives a compiled model its images: built for the first device alone, so that nobody waits for
 * kernels of other cards. The emulated device runs the portable kernels, which are the faster ones
 * there, unless `path` says otherwise. Throws CudaError, KernelBuildError or EmulatorError.
 */
export async function prepareCuda(
  { plan, kernels, sources }: CompiledCuda,
  way: string,
  path?: CudaPath,
): Promise<PreparedCuda> {
  if (way === "cuda-emulated") {
    const { artifact, driver } = await withProgress("compiling for emulation", () =>
      emulate({ plan, kernels, sources }),
    );
    return { artifact, options: { driver, path: path ?? "portable" } };
  }
  const { devices } = await openDriver();
  const image = (of: CudaPath) => async (): Promise<Uint8Array> => {
    // Asked for by a session that has opened the device, which is a CudaError where there is none.
    const { major, minor } = devices[0]!;
    const capability = `${major}${minor}`;
    const targets = {
      cubins: [capability === "90" ? "90a" : capability],
      ptx: of === "hopper" ? "90a" : "80",
    };
    return (
      await withProgress(`compiling ${of} kernels`, (report) =>
        buildKernels(sources[of], of, { targets, onProgress: report }),
      )
    ).image;
  };
  return {
    artifact: { plan, kernels, images: { portable: image("portable"), hopper: image("hopper") } },
    options: { path: path ?? "auto" },
  };
}
