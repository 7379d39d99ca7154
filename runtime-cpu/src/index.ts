/** Runs compiled programs on WebAssembly SIMD. */
export { CapacityError } from "./capacity.ts";
export type { LoadOptions, LoadProgress, WeightReader } from "./load-weights.ts";
export type { WasmChoice } from "./module.ts";
export { packPanels, roundToStorage, type PanelShape } from "./pack.ts";
export { createProgram, type CpuOptions, type CpuProgram, type Inputs, type Outputs } from "./program.ts";
export { openCpuSession, type CpuArtifact, type CpuSessionOptions } from "./session.ts";
