/**
 * Times of Hopper Gemms on a card, which outrank the model of hopper-gemm-select.ts; written by
 * `npm run bench:gpu -- --tiles`. Empty until a card has been asked.
 */
import type { HopperTiming } from "./hopper-gemm-select.ts";

export const hopperTimings: readonly HopperTiming[] = [];
