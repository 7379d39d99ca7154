import { multiply, valueOf } from "../ir/extent.ts";
import type { Problem } from "./problem.ts";

/**
 * Floating-point operations of a problem (a multiply-add is two); row reductions and maps are bound
 * by memory and count as none.
 */
export function flopsOf(problem: Problem, symbols: Readonly<Record<string, number>>): number {
  if (problem.family === "gemm")
    return 2 * valueOf(multiply(problem.rows, problem.columns, problem.depth), symbols);
  if (problem.family === "attention")
    return (
      4 *
      valueOf(
        multiply(problem.batch, problem.heads * problem.headSize * problem.queries * problem.keys),
        symbols,
      )
    );
  return 0;
}
