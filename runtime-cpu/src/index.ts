/** Runs compiled programs on WebAssembly SIMD. */
export { CapacityError } from "./capacity.ts";
export type { WasmChoice } from "./module.ts";
export { createProgram, type CpuOptions, type CpuProgram, type Inputs, type Outputs } from "./program.ts";
export { openCpuSession, type CpuArtifact, type CpuSessionOptions } from "./session.ts";
