/**
 * How a Gemm's packed B is read: panels of four columns, of which a vector holds those at one
 * depth.
 */
import type { Storage, WeightLayout } from "@sigil/spec";
import type { Operand, OperandUse } from "./operands.ts";
import type { KernelWriter } from "./wgsl/kernel-writer.ts";
import { halves, u32, type U32, type Vec4 } from "./wgsl/nodes.ts";

/** Columns of a panel of B: what one vector holds. */
export const panelWidth = 4;

/** The start of a panel, and other nodes that are computed once for it. */
export type PanelStart = readonly [start: U32, ...more: U32[]];

export interface GemmWeight {
  readonly layout: WeightLayout;
  readonly use: Omit<OperandUse, "name">;
  /** Depths that are read at once. */
  readonly depths: 1 | 4;
  /** Named once, and given to `load`. */
  panel(f: KernelWriter, b: Operand, panel: U32): PanelStart;
  /** `depths` vectors, the first at depth `unit * depths`. */
  load(f: KernelWriter, b: Operand, panel: PanelStart, unit: U32): Vec4[];
}

/** How a B of floats is read. With `f16`, it has WGSL's type f16. */
export const floatWeight = (storage: Storage, depth: number, f16: boolean): GemmWeight => ({
  layout: { kind: "panels", width: panelWidth, storage },
  use: {
    steps: [panelWidth],
    packed: storage === "float32" ? undefined : f16 ? "vec4h" : "vec2u",
  },
  depths: 1,
  panel: (_, __, panel) => [u32.mul(panel, u32.const(depth))],
  load: (f, operand, [start], k) => {
    const index = u32.add(start, k);
    if (storage === "float32") return [operand.load4(f, [[index, 4]])];
    return [
      f16
        ? halves.f16(operand.loadPacked("vec4h", index))
        : halves[storage](f.let("words", operand.loadPacked("vec2u", index))),
    ];
  },
});
