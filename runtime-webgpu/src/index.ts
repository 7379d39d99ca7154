/**
 * Runs compiled programs on WebGPU: in browsers, and in Node on what the package `webgpu` gives.
 * Nothing global is touched before a session is opened.
 */
export { adapterKind, type AdapterKind } from "./adapter-kind.ts";
export { DeviceHolder, type DeviceOptions, type HeldDevice } from "./device-holder.ts";
export { WebGpuError, type WebGpuErrorCode } from "./error.ts";
export { kernelFeatures, kernelSet, offeredFeatures, type KernelSet } from "./kernel-set.ts";
export { defaultLimits, neededLimits, type Limits } from "./limits.ts";
export type { WebGpuKernel, WebGpuKernels } from "./pipelines.ts";
export type { LaunchTime } from "./profile.ts";
export { createWebGpuProgram, type ProgramOptions } from "./program.ts";
export { openWebGpuSession } from "./open-session.ts";
export { WebGpuSession, type WebGpuArtifact, type WebGpuSessionOptions } from "./session.ts";
