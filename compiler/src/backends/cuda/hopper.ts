/**
 * The Hopper path (sm_90a): what it computes by wgmma; it takes the portable kernel for the rest.
 */
import type { Problem } from "../../kernels/problem.ts";
import type { EmitContext, Emitted } from "./emitted.ts";
import { emitHopperAttention } from "./hopper-attention.ts";
import { emitHopperGemm } from "./hopper-gemm.ts";

/**
 * Emits the Hopper kernel of a problem. Undefined if the portable kernel computes it: for float32,
 * addresses that TMA cannot take, learned queries, and everything but Gemm and attention.
 */
export function emitHopper(problem: Problem, context: EmitContext): Emitted | undefined {
  if (problem.family === "gemm") return emitHopperGemm(problem, context);
  return problem.family === "attention" ? emitHopperAttention(problem, context) : undefined;
}
