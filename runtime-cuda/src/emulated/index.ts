/**
 * Kernels for this machine's processor, for those who write or test kernels; a session on a card
 * imports none of it.
 */
export { buildEmulated, type EmulatedBuildOptions, type EmulatedKernels } from "./build.ts";
export { findHostCompiler, type HostCompiler } from "./compiler.ts";
export { EmulatorError, type EmulatorErrorCode } from "./error.ts";
export { buildEmulatedDriver, type EmulatedDriverOptions } from "./driver.ts";
export { emulate, type CudaSources, type Emulated } from "./emulate.ts";
