/**
 * A compiled model for the emulated driver: the same runtime and addon, with kernels compiled for
 * this machine's processor.
 */
import { readFile } from "node:fs/promises";
import type { CudaArtifact, CudaPath } from "../artifact.ts";
import { buildEmulated, type EmulatedBuildOptions } from "./build.ts";
import { buildEmulatedDriver } from "./driver.ts";

/** What the compiler has of a model, `.cu` texts and all. */
export interface CudaSources extends Pick<CudaArtifact, "plan" | "kernels"> {
  readonly sources: Readonly<Record<CudaPath, Readonly<Record<string, string>>>>;
}

export interface Emulated {
  /** The artifact with images that the emulated driver takes; compiled when they are asked for. */
  readonly artifact: CudaArtifact;
  /** The driver's path, for the session's option of that name. */
  readonly driver: string;
}

/** Throws EmulatorError where there is no g++, or the kernels do not compile. */
export async function emulate(
  { plan, kernels, sources }: CudaSources,
  options: EmulatedBuildOptions = {},
): Promise<Emulated> {
  const image = (path: CudaPath) => async (): Promise<Uint8Array> =>
    readFile((await buildEmulated(sources[path], options)).file);
  return {
    artifact: { plan, kernels, images: { portable: image("portable"), hopper: image("hopper") } },
    driver: await buildEmulatedDriver(options),
  };
}
