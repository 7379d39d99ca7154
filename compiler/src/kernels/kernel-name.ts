import { fingerprint } from "@sigil/spec";
import type { Problem } from "./problem.ts";

/**
 * The name of a kernel: its family, and a fingerprint of what a plan must agree with it about, so
 * that kernels of another compilation are not there rather than wrong.
 */
export const kernelName = ({ family }: Problem, ...agreed: readonly unknown[]): string =>
  `${family}_${fingerprint(JSON.stringify(agreed)).slice(0, 6)}`;
