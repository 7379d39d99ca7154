/** What a compiled module and its runtime agree on beside the plan's schema: code that pages download, so it needs nothing else. */
export * from "./alignment.ts";
export * from "./kernel-sets.ts";
