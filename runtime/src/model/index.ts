export * from "./graph-model.ts";
export { checkPlan } from "./check-plan.ts";
export * from "./disposed-error.ts";
export * from "./input-error.ts";
export * from "./losses.ts";
export {
  openBackend,
  type BackendChoice,
  type BackendName,
  type BackendOpener,
  type CpuBackendName,
  type CpuChoice,
  type BackendOptions,
} from "./open-backend.ts";
export * from "./option-error.ts";
export * from "./flatten-outputs.ts";
export * from "./outputs.ts";
export { placeWeights, type UnplacedPlan } from "./place-weights.ts";
export { locationOf } from "./location-of.ts";
export * from "./plan-error.ts";
export * from "./program.ts";
export * from "./run-vision.ts";
export * from "./copy-inputs.ts";
export * from "./session.ts";
export { stackInputs } from "./stack-inputs.ts";
export { sumProgress } from "./sum-progress.ts";
export * from "./siglip-for-image-classification.ts";
export * from "./siglip-model.ts";
export * from "./siglip-text-model.ts";
export * from "./siglip-vision-model.ts";
export { NaflexTower, type Siglip2VisionInputs } from "./naflex.ts";
export * from "./siglip2.ts";
export * from "./model-classes.ts";
export { unitLength } from "./unit-length.ts";
export { valueOf, type Symbols } from "./extent.ts";
export { arrayOf, shapeOf, validateInputs } from "./validate.ts";
export type { ModelWarning, WarningCode, WarningHandler } from "./warning.ts";
export { nearestPositions } from "./nearest-positions.ts";
