/** What a path's kernels are compiled for. */
import type { CudaPath } from "../artifact.ts";

export interface Targets {
  /**
   * Machine code, by the compute capability without its dot. A cubin runs on its own major version
   * only; `a` and `f` allow what just this chip or family has.
   */
  readonly cubins: readonly string[];
  /** The virtual architecture whose PTX the driver compiles for cards that no cubin fits. */
  readonly ptx: string;
}

/** Ampere (A100; RTX 30), Ada, Hopper, and the two families of Blackwell. */
const all: Readonly<Record<CudaPath, Targets>> = {
  portable: { cubins: ["80", "86", "89", "90a", "100f", "120f"], ptx: "80" },
  // wgmma exists on 9.0 only; its PTX is for drivers that know the card but not this toolkit's
  // cubins.
  hopper: { cubins: ["90a"], ptx: "90a" },
};

/**
 * Targets of a path as a toolkit of this version spells them: families (`f`) came with 12.9, before
 * that a cubin is for one chip.
 */
export function targetsOf(path: CudaPath, version: string): Targets {
  const [major, minor] = version.split(".").map(Number) as [number, number];
  const families = major > 12 || minor >= 9;
  const { cubins, ptx } = all[path];
  return { ptx, cubins: families ? cubins : cubins.map((target) => target.replace("f", "")) };
}
