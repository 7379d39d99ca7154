/** The kernels of a session: an image, loaded once, and the kernels that its programs use. */
import { PlanError } from "@sigil/runtime";
import { entryOf } from "@sigil/spec/shared";
import type { CudaArtifact, CudaKernel, CudaPath } from "./artifact.ts";
import type { OpenedDevice } from "./driver.ts";
import { showCapability } from "./driver.ts";
import { CudaError, rethrown } from "./error.ts";

interface LoadedKernel {
  readonly id: number;
  readonly kernel: CudaKernel;
}

export class LoadedKernels {
  readonly path: CudaPath;
  readonly multiprocessors: number;
  /**
   * What the driver's compiler said, if it had to compile PTX because the image has no binary for
   * this device.
   */
  readonly log: string;
  readonly #device: OpenedDevice;
  readonly #image: number;
  readonly #kernels: CudaArtifact["kernels"][CudaPath];
  readonly #loaded = new Map<string, LoadedKernel>();

  private constructor(
    path: CudaPath,
    device: OpenedDevice,
    kernels: CudaArtifact["kernels"][CudaPath],
    image: number,
    log: string,
  ) {
    this.path = path;
    this.multiprocessors = device.info.multiprocessors;
    this.log = log;
    this.#device = device;
    this.#kernels = kernels;
    this.#image = image;
  }

  /** Loads the image of a path. Throws CudaError: no-image, image, wrong-architecture. */
  static async load(
    { plan, kernels, images }: CudaArtifact,
    path: CudaPath,
    device: OpenedDevice,
  ): Promise<LoadedKernels> {
    const { id, log } = await rethrown(
      device.native.loadImage(
        await images[path](),
        `the ${path} kernels of ${plan.name} on ${device.info.name} (compute capability ` +
          `${showCapability(device.info)})`,
      ),
    );
    return new LoadedKernels(path, device, kernels[path], id, log);
  }

  /**
   * Takes kernels out of the image, and those for smaller sizes, except the ones that were taken
   * before. Throws CudaError.
   */
  async take(names: Iterable<string>): Promise<void> {
    for (const name of new Set(names)) {
      if (this.#loaded.has(name)) continue;
      const kernel = this.#kernels[name];
      if (!kernel) throw PlanError.noKernel(name);
      const { id } = await rethrown(
        this.#device.native.takeKernel(this.#image, name, kernel.sharedBytes),
      );
      this.#loaded.set(name, { id, kernel });
      await this.take((kernel.smaller ?? []).map((smaller) => smaller.kernel));
    }
  }

  /** Whether any kernel can be launched before the one ahead has ended. Those of hopper can. */
  get programmatic(): boolean {
    return Object.values(this.#kernels).some(({ programmatic }) => programmatic === true);
  }

  /** The kernel to launch for a first extent: the named one, or its own for smaller sizes. */
  get(name: string, size: number): LoadedKernel {
    const loaded = entryOf(this.#loaded, name, "loaded kernel");
    const smaller = loaded.kernel.smaller?.find(({ upTo }) => size <= upTo);
    return smaller ? entryOf(this.#loaded, smaller.kernel, "loaded kernel") : loaded;
  }
}

/**
 * Returns the requested path. For auto it is hopper if the device and the artifact support that,
 * else portable. Throws CudaError for a path that cannot run.
 */
export function choosePath(
  { plan, kernels }: CudaArtifact,
  { info }: OpenedDevice,
  asked: CudaPath | "auto",
): CudaPath {
  const isHopper = info.major === 9 && info.minor === 0;
  const compiled = (path: CudaPath): boolean => Object.keys(kernels[path] ?? {}).length > 0;
  if (asked === "auto") return isHopper && compiled("hopper") ? "hopper" : "portable";
  if (asked === "hopper" && !isHopper)
    throw new CudaError(
      "wrong-architecture",
      `the hopper kernels run only on compute capability 9.0, but ${info.name} has ` +
        `${showCapability(info)}: leave out the path, so that Sigil chooses one`,
    );
  if (!compiled(asked))
    throw new CudaError("no-image", `${plan.name} was compiled without ${asked} kernels`);
  return asked;
}
