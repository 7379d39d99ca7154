/** Kernel problems to WGSL: a shader per distinct problem and set. */
import type { Extent, KernelSet, WeightLayout } from "@sigil/spec";
import { kernelName } from "../../kernels/kernel-name.ts";
import type { LoweredLaunch } from "../../kernels/lowered.ts";
import { withoutGather } from "../../kernels/operands.ts";
import type { EmittedKernel } from "../../artifact/plan-program.ts";
import { lineComment } from "../../text/comment.ts";
import { emitAttentionFlash } from "./attention-flash.ts";
import { emitAttentionRow } from "./attention-row.ts";
import { emitGemm } from "./gemm.ts";
import { emitGemmActivation } from "./gemm-activation.ts";
import { emitMap } from "./map.ts";
import type { EmitContext, Emitted, Grid } from "./emitted.ts";
import { viewOperands } from "./operands.ts";
import { emitRowReduce } from "./row-reduce.ts";
import { kernelSets } from "./kernel-sets.ts";
import { selectAttention, selectGemm, selectReduce } from "./select.ts";
import type { Tuning } from "./tuning.ts";

type Symbols = Readonly<Record<string, number>>;

/** A shader whose entry point is `main`. */
export interface WebGpuKernel {
  readonly code: string;
  readonly grid: Grid;
}

export interface WebGpuModule<Set extends KernelSet = KernelSet> {
  /** Name to shader, for each set. */
  readonly kernels: Readonly<Record<Set, Readonly<Record<string, WebGpuKernel>>>>;
  /** The kernel of each launch, in their order; equal problems share one. */
  readonly launches: readonly EmittedKernel[];
}

/** A launch with the largest sizes of its program. */
export interface WebGpuLaunch extends Pick<LoweredLaunch, "problem" | "operands" | "origins"> {
  readonly symbols: Symbols;
}

function emitLaunch({ problem }: WebGpuLaunch, tuning: Tuning, context: EmitContext): Emitted {
  switch (problem.family) {
    case "gemm":
      return problem.b.kind === "weight"
        ? emitGemm(problem, selectGemm(problem, context.symbols, tuning), context)
        : emitGemmActivation(problem, context);
    case "attention": {
      const config = selectAttention(problem, context.symbols, tuning);
      return config.kind === "row"
        ? emitAttentionRow(problem, config, context)
        : emitAttentionFlash(problem, config, context);
    }
    case "row_reduce":
      return emitRowReduce(problem, selectReduce(problem, context.symbols, tuning), context);
    case "map":
      return emitMap(withoutGather(problem), context);
  }
}

/** Emits the shaders of these sets. All sets have the same layouts of weights. */
export function emitWebGpu<Set extends KernelSet>(
  launches: readonly WebGpuLaunch[],
  sets: readonly Set[],
  tunings: Readonly<Record<Set, Tuning>> = kernelSets(),
): WebGpuModule<Set> {
  const known = new Map<
    string,
    {
      name: string;
      launch: WebGpuLaunch;
      context: EmitContext;
      origins: string[];
      layouts: readonly (WeightLayout | undefined)[];
      extents: readonly Extent[];
    }
  >();
  const used = launches.map((launch) => {
    const views = viewOperands(launch.operands);
    const key = JSON.stringify([launch.problem, views, launch.symbols]);
    let entry = known.get(key);
    if (!entry) {
      const context = { views, symbols: launch.symbols };
      const { layouts, extents } = emitLaunch(launch, tunings[sets[0]!], context);
      known.set(
        key,
        (entry = {
          name: kernelName(launch.problem, key, layouts, extents),
          launch,
          context,
          origins: [],
          layouts,
          extents,
        }),
      );
    }
    entry.origins.push(...launch.origins);
    return { entry, views };
  });
  const shader = (
    { launch, context, origins }: NonNullable<ReturnType<typeof known.get>>,
    set: Set,
  ): WebGpuKernel => {
    const { code, choice, grid } = emitLaunch(launch, tunings[set], context);
    return {
      code: [
        lineComment("//", JSON.stringify(launch.problem)),
        lineComment("//", `choice: ${choice}`),
        lineComment("//", `origins: ${[...new Set(origins)].join(", ")}`),
        code,
      ].join("\n"),
      grid,
    };
  };
  return {
    kernels: Object.fromEntries(
      sets.map((set) => [
        set,
        Object.fromEntries([...known.values()].map((entry) => [entry.name, shader(entry, set)])),
      ]),
    ) as WebGpuModule<Set>["kernels"],
    launches: used.map(({ entry, views }) => ({
      name: entry.name,
      extents: entry.extents,
      scratchBytes: 0,
      layouts: entry.layouts,
      slots: views.map(({ slot }) => slot),
    })),
  };
}
