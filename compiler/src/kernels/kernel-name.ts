import { fingerprint } from "@sigil/spec";
import type { Problem } from "./problem.ts";

/**
 * The name of a kernel: its family, and a fingerprint of everything that the plan and the kernel
 * must agree about. Kernels of another compilation are then missing instead of wrong.
 */
export const kernelName = ({ family }: Problem, ...agreed: readonly unknown[]): string =>
  `${family}_${fingerprint(JSON.stringify(agreed)).slice(0, 6)}`;
