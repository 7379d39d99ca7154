/** The WebGPU backend: kernel problems to WGSL. */
export { emitWebGpu, type WebGpuKernel, type WebGpuLaunch, type WebGpuModule } from "./emit.ts";
export { distinctSets, kernelSetName, kernelSets, type KernelSet } from "./kernel-sets.ts";
export { selectAttention, selectGemm, selectReduce } from "./select.ts";
export { adapterKinds, kernelFeatures, tuningOf, tuningTable, type AdapterKind, type GemmConfig, type KernelFeature, type Tuning } from "./tuning.ts";
export { candidates, choiceOf, type Measured } from "./candidates.ts";
