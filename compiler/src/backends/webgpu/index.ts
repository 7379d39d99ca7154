/** The WebGPU backend: kernel problems to WGSL. */
export { emitWebGpu, type WebGpuKernel, type WebGpuLaunch, type WebGpuModule } from "./emit.ts";
export { distinctSets, kernelSets } from "./kernel-sets.ts";
export { attentionKey, selectAttention, selectGemm, selectReduce } from "./select.ts";
export { tuningOf, tuningTable, type GemmConfig, type Tuning } from "./tuning.ts";
export {
  adapterKinds,
  kernelFeatures,
  kernelSetName,
  type AdapterKind,
  type KernelFeature,
  type KernelSet,
} from "@sigil/spec";
export { candidates, choiceOf, type Measured } from "./candidates.ts";
