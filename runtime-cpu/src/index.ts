/** Runs compiled programs on WebAssembly SIMD. */
export { CapacityError } from "./capacity.ts";
export type { WasmChoice } from "./module.ts";
export {
  createProgram,
  type CpuOptions,
  type CpuProgram,
  type Inputs,
  type Outputs,
} from "./program.ts";
export { openCpuSession } from "./open-session.ts";
export type { CpuArtifact, CpuSessionOptions } from "./session.ts";
export type { NativeKernels } from "@sigil/spec";
