/**
 * What runtimes share with the compiler beside the plan's schema. Pages download it, so it needs
 * nothing else.
 */
export * from "./alignment.ts";
export { shapeFaults, type ShapeSchema } from "./check-shape.ts";
export { codePoint } from "./code-point.ts";
export { entryOf } from "./entry-of.ts";
export { fingerprint } from "./fingerprint.ts";
export { backends, type BackendFacts, type Target } from "./generated/backends.ts";
export { planSchema } from "./generated/plan-schema.ts";
export * from "./kernel-sets.ts";
export { nearestName } from "./nearest-name.ts";
export { parsePythonJson } from "./python-json.ts";
export { planDigest, sealPlan } from "./plan-digest.ts";
export { shown } from "./shown.ts";
export { SigilError } from "./sigil-error.ts";
export { standsForOpenClip } from "./stands-for-open-clip.ts";
export {
  codeBooks,
  hasZeroPoints,
  isQuantized,
  numbersOf,
  quantizedPlaces,
  sameStorage,
  showStorage,
  storageBytes,
  type QuantizedPlaces,
} from "./quantized.ts";
export { weightBytes } from "./weight-bytes.ts";
