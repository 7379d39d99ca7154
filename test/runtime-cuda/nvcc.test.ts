/**
 * What nvcc makes of the kernels, without a card: no spills, no stack, no local memory, the
 * instructions that should be there, and no more registers or shared memory than
 * kernel-resources.json allows. UPDATE_KERNEL_RESOURCES=1 with REQUIRE=nvcc-all compiles every
 * kernel for every target, and rewrites that table.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { targetsOf } from "@sigil/runtime-cuda/nvcc";
import { describe, expect, it } from "vitest";
import { everyKernel, needsNvcc, someKernels, toolkit } from "../support/nvcc.ts";
import { compileKernels, type Job, type UnitReport } from "./compile-kernels.ts";
import { distinctKernels, everySpec, type DistinctKernel } from "./distinct-kernels.ts";

const targets = { portable: ["80", "86", "89", "90a", "100f", "120f"], hopper: ["90a"] } as const;
/** Before 12.9 nvcc knows no families of cards, which the table is for. */
const families =
  toolkit !== undefined && targetsOf("portable", toolkit.version).cubins.includes("100f");
/** What a block may have: 99 KiB from sm_86 on, 227 KiB on sm_90. */
const sharedLimit = { portable: 99 * 1024, hopper: 227 * 1024 } as const;

interface Row {
  /** Most shared memory of a kernel of this kind. */
  readonly shared: number;
  /** Most registers by target. */
  readonly registers: Readonly<Record<string, number>>;
}
const updates = everyKernel && process.env.UPDATE_KERNEL_RESOURCES !== undefined;
const tableFile = join(import.meta.dirname, "kernel-resources.json");
const table = (
  existsSync(tableFile) ? JSON.parse(readFileSync(tableFile, "utf8")) : { nvcc: "", kinds: {} }
) as { nvcc: string; kinds: Record<string, Row> };

/**
 * Two kernels of each kind for every target; the others, where they are asked for, for one target
 * each, since targets differ far less than kernels do.
 */
function chosen(kernels: readonly DistinctKernel[], all: readonly string[]): Job[] {
  const seen = new Map<string, number>();
  return kernels.flatMap((kernel, i) => {
    const count = (seen.get(kernel.kind) ?? 0) + 1;
    seen.set(kernel.kind, count);
    if (count <= 2 || updates) return [{ kernel, targets: all }];
    return everyKernel ? [{ kernel, targets: [all[i % all.length]!] }] : [];
  });
}

function measured(jobs: readonly Job[], report: UnitReport): Record<string, Row> {
  const rows: Record<string, Row> = {};
  for (const {
    kernel: { name, kind, kernel },
  } of jobs) {
    const registers = { ...rows[kind]?.registers };
    for (const [target, { registers: count }] of Object.entries(report.kernels[name]!))
      registers[target] = Math.max(registers[target] ?? 0, count);
    rows[kind] = { shared: Math.max(rows[kind]?.shared ?? 0, kernel.sharedBytes), registers };
  }
  return Object.fromEntries(Object.entries(rows).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Instructions of a kernel's text: loops over tiles and depths are rolled, everything inside is
 * written out.
 */
function hopperInstructions(
  text: string,
): { readonly wgmma: number; readonly tensorCopies: number } | undefined {
  const gemm = /WarpgroupGemm<\w+, \d+, (\d+),/.exec(text);
  // A, and B before and inside the loop; or one of them alone where threads read the other.
  const tensorCopies = /GatheredRows|UnpackedColumns/.test(text) ? 1 : 3;
  if (gemm) return { wgmma: 4 * Number(gemm[1]), tensorCopies };
  const attention = /WarpgroupAttention<\w+, \d+, (\d+), \d+, (\d+), \d+, (\d+),/.exec(text);
  if (!attention) return undefined;
  const [head, keys, tile] = attention.slice(1).map(Number) as [number, number, number];
  const tiles = Math.ceil(keys / tile),
    last = keys - (tiles - 1) * tile,
    lastTile = Math.ceil(last / 16) * 16;
  const scores = Math.ceil(head / 16);
  // One product of scores for each size and place of a tile, and one of weights after each.
  const steps =
    tiles === 1
      ? [lastTile]
      : last === tile
        ? [tile, tile]
        : [...(tiles > 2 ? [tile, tile] : [tile]), lastTile];
  return {
    wgmma: steps.reduce((sum, step) => sum + scores + step / 16, 0),
    tensorCopies: head === 64 ? 3 : 7,
  };
}

const all = distinctKernels(await everySpec());

describe("kernels of every spec", () => {
  it("are found for every problem, and fit the shared memory and grid of every card", () => {
    expect(all.length).toBeGreaterThan(100);
    for (const { path, origin, kernel } of all) {
      expect(kernel.sharedBytes, origin).toBeLessThanOrEqual(sharedLimit[path]);
      expect(kernel.threads % 32, origin).toBe(0);
      expect(kernel.grid.length, origin).toBeLessThanOrEqual(3);
    }
  });
});

describe.skipIf(!families || !someKernels).each(["portable", "hopper"] as const)(
  `%s kernels ${needsNvcc}`,
  { timeout: 3_600_000 },
  (path) => {
    const jobs = chosen(
      all.filter((kernel) => kernel.path === path),
      targets[path],
    );
    const kernels = jobs.map(({ kernel }) => kernel);
    let compiled: Promise<UnitReport> | undefined;
    const report = (): Promise<UnitReport> => (compiled ??= compileKernels(toolkit!, jobs));

    it("compile for their targets without a complaint, a spill or a stack", async () => {
      const { kernels: found, complaints } = await report();
      expect(complaints).toEqual([]);
      for (const {
        kernel: { name, origin },
        targets: own,
      } of jobs) {
        expect(Object.keys(found[name] ?? {}).sort(), origin).toEqual(
          own.map((target) => `sm_${target}`).sort(),
        );
        for (const [target, { stack, spills }] of Object.entries(found[name]!))
          expect({ stack, spills }, `${origin} for ${target}`).toEqual({ stack: 0, spills: 0 });
      }
    });

    it("have the instructions that they should, and no local memory", async () => {
      const { ptx } = await report();
      for (const { name, origin, text } of kernels) {
        const found = ptx[name]!;
        expect(found["ld.local"]! + found["st.local"]!, origin).toBe(0);
        const onTensorCores = /multiply_mma|attend_mma/.test(text);
        if (onTensorCores)
          expect(Math.min(found["mma.sync"]!, found.ldmatrix!), origin).toBeGreaterThan(0);
        if (/RowCopy|attend_mma/.test(text)) expect(found["cp.async"], origin).toBeGreaterThan(0);
        if (/multiply_fma|attend_fma/.test(text))
          expect({ fma: found["fma.rn.f32"]! > 0, mma: found["mma.sync"] }, origin).toEqual({
            fma: true,
            mma: 0,
          });
      }
    });

    it.runIf(path === "hopper")(
      "multiply by wgmma what TMA brings, exactly as often as their tiles ask for",
      async () => {
        const { ptx } = await report();
        for (const { name, origin, text, kernel } of kernels) {
          const found = ptx[name]!;
          expect(found.griddepcontrol, origin).toBeGreaterThanOrEqual(2);
          const expected = hopperInstructions(text);
          if (!expected) continue;
          expect(
            {
              wgmma: found["wgmma.mma_async"],
              tensorCopies: found["cp.async.bulk.tensor"],
              mma: found["mma.sync"],
            },
            origin,
          ).toEqual({ ...expected, mma: 0 });
          // Registers move from the warpgroup that copies to those that multiply, if there are
          // several.
          expect(found.setmaxnreg, origin).toBe(kernel.threads > 256 ? 2 : 0);
        }
      },
    );

    it("take no more registers and shared memory than the table allows", async () => {
      const rows = measured(jobs, await report());
      if (updates) {
        const others = Object.entries(table.kinds).filter(([kind]) => !kind.startsWith(`${path} `));
        table.nvcc = toolkit!.version;
        table.kinds = Object.fromEntries(
          [...others, ...Object.entries(rows)].sort(([a], [b]) => (a < b ? -1 : 1)),
        );
        writeFileSync(
          tableFile,
          `{\n  "nvcc": ${JSON.stringify(table.nvcc)},\n  "kinds": {\n${Object.entries(table.kinds)
            .map(([kind, row]) => `    ${JSON.stringify(kind)}: ${JSON.stringify(row)}`)
            .join(",\n")}\n  }\n}\n`,
        );
      }
      // Another nvcc allocates otherwise: one granule of eight registers is let pass.
      const slack = toolkit!.version === table.nvcc ? 0 : 8;
      for (const [kind, row] of Object.entries(rows)) {
        const allowed = table.kinds[kind];
        expect(allowed, `${kind} is not in kernel-resources.json`).toBeDefined();
        expect(row.shared, kind).toBeLessThanOrEqual(allowed!.shared);
        for (const [target, count] of Object.entries(row.registers))
          expect(count, `${kind} for ${target}`).toBeLessThanOrEqual(
            (allowed!.registers[target] ?? 0) + slack,
          );
      }
    });
  },
);
