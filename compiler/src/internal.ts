/** Everything, for the packages of Sigil and its tests: any release may change it. */
export * from "./architecture/architecture-error.ts";
export * from "./architecture/expand.ts";
export * from "./artifact/artifact-files.ts";
export * from "./artifact/file-name.ts";
export * from "./artifact/former-modules.ts";
export * from "./artifact/plan-kind.ts";
export * from "./artifact/plan-program.ts";
export { launchesOf } from "./artifact/plan-stages.ts";
export * from "./artifact/stages.ts";
export * from "./artifact/storage-names.ts";
export * from "./artifact/write-files.ts";
export {
  emitCpu,
  type CpuModule,
  type CpuOptions as CpuEmitOptions,
  type CpuProblem,
} from "./backends/cpu/index.ts";
export { assemble } from "./backends/cpu/wat/assemble.ts";
export {
  cudaPaths,
  emitCuda,
  emitHopperAttention,
  emitHopperGemm,
  hopperShapeOf,
  hopperTiles,
  keyTile,
  kernelSource,
  nameOfHopperTile,
  operandsOf,
  possibleHopperTiles,
  rowsOfHopperTile,
  selectAttention as selectCudaAttention,
  selectGemm as selectCudaGemm,
  selectHopperGemm,
  smallerSizes,
  selectRow as selectCudaRow,
  sharedOfHopperTile,
  strideOfB,
  type CudaKernel,
  type CudaLaunch,
  type CudaModule,
  type CudaOperand,
  type CudaPath,
  type EmitContext,
  type Emitted,
  type HopperGemmShape,
  type HopperTile,
  type HopperTiming,
  type TensorMapSpec,
} from "./backends/cuda/index.ts";
export { emitNative, encodeExpression } from "./backends/native/index.ts";
export {
  adapterKinds,
  attentionKey,
  candidates,
  choiceOf,
  distinctSets,
  emitWebGpu,
  kernelFeatures,
  kernelSetName,
  kernelSets,
  selectAttention,
  selectGemm,
  selectReduce,
  tuningOf,
  tuningTable,
  type AdapterKind,
  type GemmConfig,
  type KernelFeature,
  type KernelSet,
  type Measured,
  type Tuning,
  type WebGpuKernel,
  type WebGpuLaunch,
  type WebGpuModule,
} from "./backends/webgpu/index.ts";
export type { Backend, BackendInput, BackendRuntime, Files } from "./backends/backend.ts";
export { backends, type CompiledTargets } from "./backends/index.ts";
export * from "./backends/unsupported-error.ts";
export { className } from "./bindings/class-name.ts";
export * from "./bindings/write-bindings.ts";
export * from "./compile.ts";
export * from "./expr/activations.ts";
export * from "./expr/expression.ts";
export * from "./expr/scalar-functions.ts";
export { showExpression } from "./expr/show-expression.ts";
export * from "./frontend.ts";
export * from "./ir/graph.ts";
export { showShape } from "./ir/extent.ts";
export * from "./kernels/evaluate.ts";
export * from "./kernels/flops.ts";
export * from "./kernels/lowered.ts";
export * from "./kernels/operands.ts";
export * from "./kernels/problem.ts";
export { showProblem } from "./kernels/show-problem.ts";
export * from "./kernels/traffic.ts";
export * from "./oracle.ts";
export * from "./ops/attribute.ts";
export * from "./ops/index.ts";
export * from "./ops/op.ts";
export * from "./passes/gather-on-device.ts";
export * from "./passes/narrow.ts";
export * from "./passes/plan-memory.ts";
export * from "./passes/tap.ts";
