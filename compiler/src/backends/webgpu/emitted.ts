/** The types that emitters of kernels take and return. */
import type { Extent, WeightLayout } from "@sigil/spec";
import type { OperandView } from "./operands.ts";

/** Workgroups along an axis: of / per, rounded up. */
interface GridAxis {
  readonly of: Extent;
  readonly per: number;
}

/** Workgroups along x and, if there is more than one, along y. */
export type Grid = readonly [x: GridAxis, ...y: GridAxis[]];

/** The result of an emitter. */
export interface Emitted {
  readonly code: string;
  /** How it is computed, for the comment above the kernel. */
  readonly choice: string;
  readonly grid: Grid;
  /** Sizes that a run writes into the kernel's uniform, its last binding. */
  readonly extents: readonly Extent[];
  /** Per operand; only a weight has one. */
  readonly layouts: readonly (WeightLayout | undefined)[];
}

/** What an emitter needs besides the problem. */
export interface EmitContext {
  readonly views: readonly OperandView[];
  /** The largest value of each symbol: what the arena has room for. */
  readonly symbols: Readonly<Record<string, number>>;
}

/** A weight as the checkpoint has it. */
export const rowLayout: WeightLayout = { kind: "rows" };
