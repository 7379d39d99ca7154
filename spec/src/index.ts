export * from "./generated/plan.ts";
export * from "./generated/architecture.ts";
export * from "./native-kernel.ts";
export * from "./shared.ts";
export { DiagnosticError } from "./diagnostic-error.ts";
export type { Diagnostic } from "./diagnostic.ts";
export { formatDiagnostics } from "./format-diagnostics.ts";
export { diagnosticAt, parseJson, type JsonSource, type Problem } from "./json-source.ts";
export { configFile, loadSpec, loadTuning } from "./load.ts";
export type { ConfigOptions, ParseOptions } from "./parse-options.ts";
export { parseSpec } from "./parse-spec.ts";
export { loadNormalisation } from "./preprocessor-beside.ts";
export { isForeignConfig, type Tower } from "./foreign-config.ts";
export type { TensorShapes } from "./timm-config.ts";
export type { Normalisation } from "./preprocessor.ts";
export type { Provenance } from "./provenance.ts";
export type { ModelConfig, ModelSpec, TextConfig, VisionConfig } from "./model-spec.ts";
export type { CompleteGraph } from "./extend-architecture.ts";
export { siglipConfigFromTextVisionConfigs, type JointConfig } from "./from-text-vision-configs.ts";
export { listModelSpecs, readPackageJson, specPath } from "./package-files.ts";
export type { SigilSpec, SigilSpecInput, StorageChoice } from "./generated/sigil.ts";
export type { SiglipConfig, SiglipConfigInput } from "./generated/siglip.ts";
export type { Siglip2Config, Siglip2ConfigInput } from "./generated/siglip2.ts";
export type { Siglip2VisionConfig, Siglip2VisionConfigInput } from "./generated/siglip2-vision.ts";
export type { SiglipTextConfig, SiglipTextConfigInput } from "./generated/siglip-text.ts";
export type { SiglipVisionConfig, SiglipVisionConfigInput } from "./generated/siglip-vision.ts";
export {
  listArchitectures,
  loadArchitecture,
  parseArchitecture,
  type ArchitectureDocument,
  type ArchitecturePart,
} from "./parse-architecture.ts";
export { fitsPattern, storageOf, type Quantization, type StorageRule } from "./storage-rules.ts";
export { planFile } from "./plan-file.ts";
export { parsePlan } from "./parse-plan.ts";
export * from "./generated/tuning.ts";
export {
  attentionWorkgroupQuads,
  gemmWorkgroupQuads,
  parseTuning,
  workgroupLimits,
} from "./parse-tuning.ts";
