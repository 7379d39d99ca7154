/** Sigil as a library: pipelines by a model's name, and what the command does, as functions. */
export type { CompiledModel } from "@sigil/compiler";
export { loadSpec, parseSpec, type ModelSpec } from "@sigil/spec";
export { SigilError } from "@sigil/runtime";
export { compile } from "./library/compile.ts";
export { HubError } from "./hub/hub-error.ts";
export type { PipelineOptions, PipelineProgress } from "./library/open-pipeline.ts";
export {
  classify,
  imageClassification,
  imageFeatures,
  pipeline,
  textFeatures,
  zeroShotImageClassification,
  type Pipelines,
} from "./library/pipelines.ts";
