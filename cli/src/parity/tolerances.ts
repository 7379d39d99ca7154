/**
 * How far a backend may be from the float64 oracle: the largest difference over max(1, the largest
 * magnitude), at any kernel.
 */
import type { Storage } from "@sigil/spec";

/** `cpu` is WebAssembly. */
export type ParityBackend = "cpu" | "native" | "webgpu" | "cuda-emulated" | "cuda";
export const parityBackends: readonly ParityBackend[] = [
  "cpu",
  "native",
  "webgpu",
  "cuda-emulated",
  "cuda",
];

/**
 * float32: rounding through the layers; WGSL's `exp` is only good to a few ulp, hence twice the
 * CPU's. 16 bits: each weight is off
 * by up to 2^-11 (float16) or 2^-8 (bfloat16) of itself, which the layers amplify by about ten. On
 * CUDA what
 * lies between kernels has 16 bits too, which adds up to as much again (tiny: 1.8e-3 and 1.2e-2).
 */
export const tolerances: Readonly<Record<ParityBackend, Readonly<Record<Storage, number>>>> = {
  cpu: { float32: 1e-5, float16: 5e-3, bfloat16: 4e-2 },
  native: { float32: 1e-5, float16: 5e-3, bfloat16: 4e-2 },
  webgpu: { float32: 2e-5, float16: 5e-3, bfloat16: 4e-2 },
  "cuda-emulated": { float32: 2e-5, float16: 5e-3, bfloat16: 4e-2 },
  cuda: { float32: 2e-5, float16: 5e-3, bfloat16: 4e-2 },
};
