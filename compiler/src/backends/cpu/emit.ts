/** Kernel problems to one WebAssembly module. */
import { kernelName } from "../../kernels/kernel-name.ts";
import { withoutGather } from "../../kernels/operands.ts";
import type { Problem } from "../../kernels/problem.ts";
import { lineComment } from "../../text/comment.ts";
import { emitAttention } from "./attention.ts";
import { emitGemm } from "./gemm.ts";
import { emitGemmActivation } from "./gemm-activation.ts";
import { roundUp, type CpuKernel, type EmitOptions, type Emitted } from "./kernel.ts";
import { emitMap } from "./map.ts";
import { mathFunctions } from "./math.ts";
import { emitRowReduce } from "./row-reduce.ts";
import { multiplyAdd } from "./tile.ts";
import { assemble } from "./wat/assemble.ts";

export interface CpuOptions {
  /** Use relaxed SIMD's fused multiply-add; engines without it reject the module. */
  readonly relaxed: boolean;
  /** Import a shared memory, which threads need. */
  readonly sharedMemory: boolean;
}

/** A problem to emit; a lowered launch is one. */
export interface CpuProblem {
  readonly problem: Problem;
  readonly origins: readonly string[];
  /**
   * Only their number matters, for a norm without weight or bias; by default layer_norm has both
   * and rms_norm a weight.
   */
  readonly operands?: { readonly length: number };
}

export interface CpuModule {
  readonly wat: string;
  readonly wasm: Uint8Array;
  /** The kernel of each problem, in their order; equal problems share one. */
  readonly kernels: readonly CpuKernel[];
  /** Kernel name to what `select` chose for it, in words. */
  readonly choices: Readonly<Record<string, string>>;
}

function operandCount({ problem, operands }: CpuProblem): number {
  if (operands) return operands.length;
  if (problem.family !== "row_reduce") return 0;
  return problem.kind === "layer_norm" ? 4 : problem.kind === "rms_norm" ? 3 : 2;
}

function emitProblem(name: string, problem: Problem, count: number, options: EmitOptions): Emitted {
  switch (problem.family) {
    case "gemm":
      return problem.b.kind === "weight"
        ? emitGemm(name, problem, options)
        : emitGemmActivation(name, problem, options);
    case "attention":
      return emitAttention(name, problem, options);
    case "row_reduce":
      return emitRowReduce(name, problem, count);
    case "map":
      return emitMap(name, withoutGather(problem));
  }
}

export async function emitCpu(
  problems: readonly CpuProblem[],
  options: CpuOptions,
): Promise<CpuModule> {
  const known = new Map<
    string,
    { kernel: CpuKernel; emitted: Emitted; origins: string[]; problem: string }
  >();
  const madd = multiplyAdd(options.relaxed);
  const kernels = problems.map((item) => {
    const problem = JSON.stringify(item.problem);
    const count = operandCount(item);
    const key = item.problem.family === "row_reduce" ? `${problem} ${count}` : problem;
    let entry = known.get(key);
    if (!entry) {
      const { units, extents, layouts } = emitProblem("draft", item.problem, count, { madd });
      const name = kernelName(item.problem, key, units, extents, layouts);
      const emitted = emitProblem(name, item.problem, count, { madd });
      known.set(
        key,
        (entry = {
          kernel: {
            name,
            units,
            extents,
            scratchBytes: roundUp(emitted.scratchBytes, 64),
            layouts,
          },
          emitted,
          origins: [],
          problem,
        }),
      );
    }
    entry.origins.push(...item.origins);
    return entry.kernel;
  });
  const functions = [...known.values()].map(({ emitted, origins, problem }) =>
    [
      lineComment(";;", problem),
      lineComment(";;", `choice: ${emitted.choice}`),
      lineComment(";;", `origins: ${[...new Set(origins)].join(", ")}`),
      emitted.wat,
    ].join("\n"),
  );
  const memory = options.sharedMemory ? "(memory 1 65536 shared)" : "(memory 1)";
  const wat = [
    "(module",
    `(import "env" "memory" ${memory})`,
    mathFunctions(),
    ...functions,
    ")",
  ].join("\n\n");
  const choices = Object.fromEntries(
    [...known.values()].map(({ kernel, emitted }) => [kernel.name, emitted.choice]),
  );
  return { wat, wasm: await assemble("kernels.wat", wat), kernels, choices };
}
