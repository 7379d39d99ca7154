/** The CPU backend: kernel problems to WebAssembly SIMD. */
export { emitCpu, type CpuModule, type CpuOptions, type CpuProblem } from "./emit.ts";
export type { CpuKernel } from "./kernel.ts";
export { select as selectCpu, type CpuConfig } from "./select.ts";
