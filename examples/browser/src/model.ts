/**
 * The model that this page is compiled for. For another one:
 * `npx sigil compile FOLDER --target cpu webgpu --out generated/NAME`, then name its class, its
 * plan and its checkpoint here.
 */
import type { SiglipShapesTypes } from "../../../generated/siglip-shapes/index.js";
import { config as compiled, name } from "../../../generated/siglip-shapes/plan.json";

export { SiglipShapes as Model } from "../../../generated/siglip-shapes/index.js";

/** What the vision tower takes. */
export type Pixels = SiglipShapesTypes["vision"]["inputs"]["pixelValues"];
/** What either tower makes. */
export type Features = SiglipShapesTypes["features"];

/** Name of the spec, and the config that it was compiled from. */
export const compiledFor: {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
} = { name, config: compiled };

/** The checkpoint that is loaded first; an address relative to the page. */
export const checkpoint = "checkpoints/siglip-shapes";

/** Pictures to begin with, relative to the checkpoint. */
export const samples: readonly string[] = [
  "red-circle",
  "blue-square",
  "green-triangle",
  "yellow-star",
  "pink-heart",
  "black-ring",
  "purple-diamond",
  "orange-cross",
].map((shape) => `samples/${shape}.png`);

/** Labels to begin with. */
export const labels: readonly string[] = [
  "a red circle",
  "a blue square",
  "a green triangle",
  "a yellow star",
  "a pink heart",
  "a black ring",
  "a purple diamond",
  "an orange cross",
];
