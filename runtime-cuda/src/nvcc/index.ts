/**
 * Builds kernels with NVIDIA's toolkit, for developers; a runtime that loads built kernels imports
 * none of it.
 */
export {
  buildKernels,
  deviceFolder,
  type BuildOptions,
  type BuiltKernels,
} from "./build-kernels.ts";
export { KernelBuildError, type KernelBuildErrorCode } from "./error.ts";
export { lowerPtx } from "./lower-ptx.ts";
export type { CudaPath } from "../artifact.ts";
export { targetsOf, type Targets } from "./targets.ts";
export { findToolkit, type Toolkit } from "./toolkit.ts";
