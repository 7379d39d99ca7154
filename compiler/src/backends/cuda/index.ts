/** The CUDA backend: kernel problems to C++ that nvcc compiles, and the emulator's compiler too. */
export { smallerSizes } from "./smaller-kernels.ts";
export { emitCuda, type CudaLaunch, type CudaModule } from "./emit.ts";
export type { EmitContext, Emitted } from "./emitted.ts";
export { emitHopperAttention, keyTile } from "./hopper-attention.ts";
export { emitHopperGemm, hopperShapeOf } from "./hopper-gemm.ts";
export {
  hopperTiles,
  nameOf as nameOfHopperTile,
  possibleTiles as possibleHopperTiles,
  rowsOf as rowsOfHopperTile,
  selectHopperGemm,
  sharedOf as sharedOfHopperTile,
  type HopperGemmShape,
  type HopperTile,
  type HopperTiming,
} from "./hopper-gemm-select.ts";
export { cudaPaths, type CudaKernel, type CudaPath, type TensorMapSpec } from "./kernel.ts";
export { operandsOf, strideOfB, type CudaOperand } from "./operands.ts";
export { selectAttention, selectGemm, selectRow } from "./select.ts";
export { kernelSource, type KernelText } from "./source.ts";
