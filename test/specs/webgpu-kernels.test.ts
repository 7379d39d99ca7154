/**
 * Every distinct kernel problem of every published spec on WebGPU, at its real widths, depths,
 * heads and keys, a picture and a text
 * a batch. KERNELS names a set of kernels other than the adapter's own, such as desktop.
 */
import {
  choiceOf,
  kernelSets,
  lowerSpec,
  type KernelSet,
  type Problem,
} from "@sigil/compiler/internal";
import { DeviceHolder, kernelSet, offeredFeatures } from "@sigil/runtime-webgpu";
import { listModelSpecs, loadSpec, specPath } from "@sigil/spec";
import { valueOf, type Symbols } from "@sigil/runtime/internal";
import { describe, expect, it } from "vitest";
import { gpu, needsWebGpu } from "../support/webgpu.ts";
import { sampledError } from "../compiler/backends/webgpu/sampled-error.ts";
import { requires } from "../support/require.ts";

const slow = requires("slow");

interface Case {
  readonly problem: Problem;
  readonly symbols: Symbols;
  readonly operands: number;
  readonly specs: Set<string>;
}

async function ownSet(): Promise<KernelSet> {
  const holder = new DeviceHolder([], { gpu: gpu! });
  const { kind, device } = await holder.get();
  const set = kernelSet(kernelSets(), kind, offeredFeatures(device));
  await holder.close();
  return set;
}

/**
 * Problems once each. Gemms that only their number of rows tells apart are one, of the fewest rows,
 * if their last tile of rows is cut, or whole, in all of them.
 */
function cases(set: KernelSet): Case[] {
  const found = new Map<string, Case>();
  const tuning = kernelSets()[set];
  for (const name of listModelSpecs())
    for (const { lowered } of lowerSpec({
      ...loadSpec(specPath(name)),
      batch: { image: 1, text: 1 },
    }))
      for (const { problem, operands } of [...lowered.init, ...lowered.launches]) {
        const rows = problem.family === "attention" ? 0 : valueOf(problem.rows, lowered.symbols);
        const alike =
          problem.family === "gemm" && problem.a.kind === "rows" && problem.b.kind === "weight";
        const key = JSON.stringify(
          alike
            ? [{ ...problem, rows: 0 }, choiceOf(problem, lowered.symbols, tuning), rows % 64 === 0]
            : problem,
        );
        const known = found.get(key);
        const specs = (known?.specs ?? new Set()).add(name);
        if (
          !known ||
          (alike && rows < valueOf((known.problem as typeof problem).rows, known.symbols))
        )
          found.set(key, { problem, symbols: lowered.symbols, operands: operands.length, specs });
      }
  return [...found.values()];
}

function title({ problem, symbols, specs }: Case): string {
  const of = `${[...specs][0]}${specs.size > 1 ? ` and ${specs.size - 1} more` : ""}`;
  if (problem.family === "attention")
    return (
      `attention ${problem.heads} heads of ${problem.headSize}, ${problem.queries} queries, ` +
      `${problem.keys} keys: ${of}`
    );
  const rows = valueOf(problem.rows, symbols);
  if (problem.family === "gemm")
    return (
      `Gemm ${rows} x ${valueOf(problem.columns, symbols)} x ${problem.depth} of ` +
      `${problem.a.kind}: ${of}`
    );
  return `${problem.family === "map" ? "map" : problem.kind} ${rows} x ${problem.width}: ${of}`;
}

describe.skipIf(!gpu || !slow)(
  `kernels of every spec ${needsWebGpu} (takes minutes; REQUIRE=slow)`,
  { timeout: 300_000, concurrent: true },
  async () => {
    const set =
      gpu && slow
        ? ((process.env.KERNELS as KernelSet | undefined) ?? (await ownSet()))
        : "software";
    // A float32 sum of n products is off by about sqrt(n) 2^-24 of its largest terms, 4.7e-6 for
    // 6144; `exp` by a few ulp more: 1e-5, as for small sizes.
    for (const one of gpu && slow ? cases(set) : [])
      it(`${title(one)}`, async () => {
        expect(
          await sampledError(one.problem, {
            adapter: set,
            symbols: one.symbols,
            operands: one.operands,
          }),
        ).toBeLessThan(1e-5);
      });
  },
);
