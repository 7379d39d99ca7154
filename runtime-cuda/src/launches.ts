/** From planned launches to what the driver is given for one run's sizes. */
import { valueOf, type Symbols } from "@sigil/runtime/internal";
import type { Location, PlannedLaunch } from "@sigil/spec";
import type { DevicePointer, NativeLaunch } from "./addon.ts";
import type { CudaKernel } from "./artifact.ts";
import type { LoadedKernels } from "./kernels.ts";
import { packParameters } from "./parameters.ts";

/** Blocks along x, y and z. `multiprocessors` bounds a persistent kernel, in whole clusters. */
export function gridOf(
  { grid, persistent, cluster = 1 }: CudaKernel,
  symbols: Symbols,
  multiprocessors: number,
): number[] {
  const [x = 1, y = 1, z = 1] = grid.map(({ of, per }) => Math.ceil(valueOf(of, symbols) / per));
  const whole = Math.ceil(x / cluster) * cluster;
  return [
    persistent
      ? Math.min(whole, Math.max(cluster, Math.floor(multiprocessors / cluster) * cluster))
      : whole,
    y,
    z,
  ];
}

/**
 * The launches for these sizes; every kernel of them was loaded. With `programmatic`, those whose
 * kernels can wait for the ones ahead may start before these end.
 */
export function bindLaunches(
  launches: readonly PlannedLaunch[],
  kernels: LoadedKernels,
  resolve: (location: Location) => DevicePointer,
  symbols: Symbols,
  programmatic = false,
): NativeLaunch[] {
  return launches.map(({ kernel: name, operands, extents, origins }) => {
    const { kernel, id } = kernels.get(
      name,
      extents[0] === undefined ? 0 : valueOf(extents[0], symbols),
    );
    return {
      kernel: id,
      grid: gridOf(kernel, symbols, kernels.multiprocessors),
      threads: kernel.threads,
      cluster: kernel.cluster ?? 0,
      sharedBytes: kernel.sharedBytes,
      programmatic: programmatic && kernel.programmatic === true,
      ...packParameters(operands.map(resolve), extents, kernel.tensorMaps, symbols),
      about: origins.length > 0 ? `kernel ${name} (${origins.join(" + ")})` : `kernel ${name}`,
    };
  });
}
