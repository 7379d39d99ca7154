export { WeightsError, type WeightsErrorDetails } from "./error.ts";
export * from "./float16.ts";
export { byteLength, dtypeBits, elementCount, isDType, type DType } from "./dtype.ts";
export { blobSource, bufferSource, type ByteSource, type VerifyOptions } from "./byte-source.ts";
export { urlSource, type UrlSourceOptions } from "./url-source.ts";
export { cachedSource, type CachedSourceOptions } from "./cache/cached-source.ts";
export { cachedFiles, clearCached, type CachedFile } from "./cache/cached-files.ts";
export type { ByteBucket, ByteStore } from "./cache/byte-store.ts";
export { opfsStore } from "./cache/opfs-store.ts";
export { cacheApiStore } from "./cache/cache-api-store.ts";
export { Sha256 } from "./sha256.ts";
export { requireTensor, type TensorInfo, type WeightSource } from "./weight-source.ts";
export { openSafetensors } from "./safetensors.ts";
export { isShardName, openShardedSafetensors, type ShardIndex } from "./sharded.ts";
export { withPrefixes } from "./prefixes.ts";
export { bindWeights } from "./bind.ts";
export {
  loadPlanned,
  type LoadPlannedOptions,
  type PlannedProgress,
  type WeightTarget,
} from "./load-planned.ts";
export type { WeightReader } from "./weight-reader.ts";
export { packPanels, packPanelRows, roundToStorage, type PanelShape } from "./pack.ts";
export {
  dequantize,
  quantize,
  type QuantizedMatrix,
} from "./quantized/quantized-matrix.ts";
export { packQuantizedRows, type QuantizedPanelShape } from "./quantized/pack-quantized.ts";
export type { StoredKind } from "./quantized/stored-quantized.ts";
export { resampleGrid } from "./resample-grid.ts";
export { verifyPlan, type VerifyPlanOptions } from "./verify-plan.ts";
export { bindCheckpoint } from "./bind-checkpoint.ts";
export { bindPlan } from "./bind-plan.ts";
export { syntheticTensor, syntheticWeights, uniform, type ExpectedWeight } from "./synthetic.ts";
export { writeSafetensors, type TensorsToWrite, type TensorToWrite } from "./write.ts";
