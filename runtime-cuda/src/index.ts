/** Runs compiled programs on CUDA devices from Node. Nothing is opened before a session is. */
export { loadAddon, type DeviceInfo } from "./addon.ts";
export type { CudaArtifact, CudaKernel, CudaKernels, CudaPath, TensorMapSpec } from "./artifact.ts";
export {
  driverPaths,
  openDevice,
  openDriver,
  showCapability,
  type DriverOptions,
  type OpenedDevice,
} from "./driver.ts";
export { CudaError, type CudaErrorCode } from "./error.ts";
export { readImage } from "./images.ts";
export { choosePath, LoadedKernels } from "./kernels.ts";
export {
  createCudaProgram,
  type CudaProgram,
  type LaunchTime,
  type ProgramOptions,
} from "./program.ts";
export { CudaSession, openCudaSession, type CudaSessionOptions } from "./session.ts";
