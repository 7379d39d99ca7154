/** Times of Hopper Gemms on a card, which outrank the model of hopper-gemm-select.ts. Empty until they are taken: a tile's `tile` is the first part of a kernel's `choice` comment. */
import type { HopperTiming } from "./hopper-gemm-select.ts";

export const hopperTimings: readonly HopperTiming[] = [];
