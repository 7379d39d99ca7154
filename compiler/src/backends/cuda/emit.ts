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
import { smallerSizes, withSmaller } from "./smaller-kernels.ts";
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

type Paths = Readonly<Record<CudaPath, Emitted>>;

function emitPaths(problem: Problem, context: EmitContext): Paths {
  const portable = emitPortable(problem, context);
  return { portable, hopper: special.hopper(problem, context) ?? overlapping(portable) };
}

interface Known {
  readonly name: string;
  readonly problem: Problem;
  readonly origins: string[];
  /** A kernel for smaller sizes has only the paths that choose another tile for them. */
  readonly paths: Partial<Paths>;
}

/** The kernels met so far, by all that tells them apart. */
class KnownKernels {
  readonly #byKey = new Map<string, Known>();

  /** The name of the kernel, which may be a known one. */
  add(problem: Problem, paths: Partial<Paths>, origins: readonly string[]): string {
    const key = JSON.stringify([problem.family, paths]);
    let entry = this.#byKey.get(key);
    if (!entry)
      this.#byKey.set(
        key,
        (entry = { name: kernelName(problem, key), problem, origins: [], paths }),
      );
    entry.origins.push(...origins);
    return entry.name;
  }

  byPath<T>(of: (entry: Known, emitted: Emitted) => T): Record<CudaPath, Record<string, T>> {
    return Object.fromEntries(
      cudaPaths.map((path) => [
        path,
        Object.fromEntries(
          [...this.#byKey.values()].flatMap((entry) => {
            const emitted = entry.paths[path];
            return emitted ? [[entry.name, of(entry, emitted)]] : [];
          }),
        ),
      ]),
    ) as Record<CudaPath, Record<string, T>>;
  }
}

/**
 * Emits the kernels of launches, for both paths. Launches share a kernel if the problem, the types
 * and places of its operands, and the tiles chosen for all sizes are the same.
 */
export function emitCuda(launches: readonly CudaLaunch[]): CudaModule {
  const known = new KnownKernels();
  const used = launches.map(({ problem, operands, origins, symbols }) => {
    const emitAt = (sizes: CudaLaunch["symbols"]): Paths =>
      emitPaths(problem, { operands: operandsOf(problem, operands), symbols: sizes });
    const largest = emitAt(symbols);
    const smaller = smallerSizes(symbols).map((sizes) => ({ sizes, paths: emitAt(sizes) }));
    const paths = Object.fromEntries(
      cudaPaths.map((path) => [
        path,
        withSmaller(
          largest[path],
          smaller.map((one) => ({ sizes: one.sizes, emitted: one.paths[path] })),
          (emitted) => known.add(problem, { [path]: emitted }, origins),
        ),
      ]),
    ) as Paths;
    return {
      name: known.add(problem, paths, origins),
      extents: extentsOf(paths),
      layouts: layoutsOf(problem, operands),
      scratchBytes: 0,
    };
  });
  return {
    kernels: known.byPath((_, { kernel }) => kernel),
    sources: known.byPath(fileOf),
    launches: used,
  };
}

function extentsOf({ portable, hopper }: Paths): readonly Extent[] {
  if (JSON.stringify(portable.extents) !== JSON.stringify(hopper.extents))
    throw new Error("internal: the paths of a kernel take different sizes");
  return portable.extents;
}

function fileOf({ name, problem, origins }: Known, { text, choice }: Emitted): string {
  return [
    lineComment("//", JSON.stringify(problem)),
    lineComment("//", `choice: ${choice}`),
    lineComment("//", `origins: ${[...new Set(origins)].join(", ")}`),
    kernelSource(name, text),
  ].join("\n");
}
