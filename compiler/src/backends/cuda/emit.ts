/** Kernel problems to CUDA: a `.cu` per distinct problem and path. */
import type { Extent } from "@sigil/spec";
import type { EmittedKernel } from "../../artifact/plan-program.ts";
import { kernelName } from "../../kernels/kernel-name.ts";
import type { LoweredLaunch } from "../../kernels/lowered.ts";
import type { Problem } from "../../kernels/problem.ts";
import { lineComment } from "../../text/comment.ts";
import { emitAttention } from "./attention.ts";
import type { EmitContext, Emitted } from "./emitted.ts";
import { emitGemm } from "./gemm.ts";
import { emitHopper } from "./hopper.ts";
import { cudaPaths, type CudaKernel, type CudaPath } from "./kernel.ts";
import { emitMap } from "./map.ts";
import { layoutsOf, operandsOf } from "./operands.ts";
import { emitRowReduce } from "./row-reduce.ts";
import { kernelSource } from "./source.ts";

/** A launch with the largest sizes of its program. */
export interface CudaLaunch extends Pick<LoweredLaunch, "problem" | "operands" | "origins"> {
  readonly symbols: Readonly<Record<string, number>>;
}

export interface CudaModule {
  readonly kernels: Readonly<Record<CudaPath, Readonly<Record<string, CudaKernel>>>>;
  /** Name to `.cu`. */
  readonly sources: Readonly<Record<CudaPath, Readonly<Record<string, string>>>>;
  /** The kernel of each launch, in their order; equal problems share one. */
  readonly launches: readonly EmittedKernel[];
}

function emitPortable(problem: Problem, context: EmitContext): Emitted {
  switch (problem.family) {
    case "gemm":
      return emitGemm(problem, context);
    case "attention":
      return emitAttention(problem, context);
    case "row_reduce":
      return emitRowReduce(problem, context);
    case "map":
      return emitMap(problem, context);
  }
}

/** What a path has of its own for a problem; it takes the portable kernel for the rest. */
const special: Readonly<
  Record<CudaPath, (problem: Problem, context: EmitContext) => Emitted | undefined>
> = { portable: () => undefined, hopper: emitHopper };

/**
 * A portable kernel for sm_90a: it may be launched before its predecessor ends, and waits for that
 * before anything else.
 */
function overlapping(emitted: Emitted): Emitted {
  const { text, kernel } = emitted;
  return {
    ...emitted,
    text: {
      ...text,
      includes: [...text.includes, "platform/cluster.cuh"],
      statements: ["release_successor();", "wait_for_predecessor();", ...text.statements],
    },
    kernel: { ...kernel, programmatic: true },
  };
}

interface Known {
  readonly name: string;
  readonly problem: Problem;
  readonly origins: string[];
  readonly paths: Readonly<Record<CudaPath, Emitted>>;
}

/**
 * Emits the kernels of launches, for both paths. Launches share a kernel if the problem, the types
 * and places of its operands, and the tiles chosen for the largest sizes are the same.
 */
export function emitCuda(launches: readonly CudaLaunch[]): CudaModule {
  const known = new Map<string, Known>();
  const used = launches.map(({ problem, operands, origins, symbols }) => {
    const context: EmitContext = { operands: operandsOf(problem, operands), symbols };
    const portable = emitPortable(problem, context);
    const paths = { portable, hopper: special.hopper(problem, context) ?? overlapping(portable) };
    const key = JSON.stringify([problem.family, paths]);
    let entry = known.get(key);
    if (!entry)
      known.set(key, (entry = { name: kernelName(problem, key), problem, origins: [], paths }));
    entry.origins.push(...origins);
    return {
      name: entry.name,
      extents: extentsOf(paths),
      layouts: layoutsOf(problem, operands),
      scratchBytes: 0,
    };
  });
  const byName = <T>(of: (entry: Known) => T): Record<string, T> =>
    Object.fromEntries([...known.values()].map((entry) => [entry.name, of(entry)]));
  const byPath = <T>(
    of: (entry: Known, path: CudaPath) => T,
  ): Record<CudaPath, Record<string, T>> =>
    Object.fromEntries(
      cudaPaths.map((path) => [path, byName((entry) => of(entry, path))]),
    ) as Record<CudaPath, Record<string, T>>;
  return {
    kernels: byPath(({ paths }, path) => paths[path].kernel),
    sources: byPath(fileOf),
    launches: used,
  };
}

function extentsOf({ portable, hopper }: Known["paths"]): readonly Extent[] {
  if (JSON.stringify(portable.extents) !== JSON.stringify(hopper.extents))
    throw new Error("internal: the paths of a kernel take different sizes");
  return portable.extents;
}

function fileOf({ name, problem, origins, paths }: Known, path: CudaPath): string {
  const { text, choice } = paths[path];
  return [
    lineComment("//", JSON.stringify(problem)),
    lineComment("//", `choice: ${choice}`),
    lineComment("//", `origins: ${[...new Set(origins)].join(", ")}`),
    kernelSource(name, text),
  ].join("\n");
}
