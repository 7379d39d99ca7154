/** The WebGPU backend: kernel problems to WGSL. */
export { emitWebGpu, type WebGpuKernel, type WebGpuLaunch, type WebGpuModule } from "./emit.ts";
export { adapterKinds, tuningTable, type AdapterKind, type GemmConfig, type Tuning } from "./tuning.ts";
