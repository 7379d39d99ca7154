import type { PlannedTensor, WeightPart } from "@sigil/spec";
import type { GraphInput, Value } from "../ir/graph.ts";
import { readAndWritten } from "./operands.ts";
import type { Problem } from "./problem.ts";

/**
 * An operand before memory is planned: elements of a value from `offset`, or a weight whose parts
 * are stacked row by row.
 */
export type LoweredOperand =
  | { readonly kind: "value"; readonly value: Value; readonly offset: number }
  | {
      readonly kind: "weight";
      readonly rows: number;
      readonly columns: number;
      readonly parts: readonly WeightPart[];
    };

/** A kernel problem and what it works on, in the order of `operands.ts`. */
export interface LoweredLaunch {
  readonly problem: Problem;
  readonly operands: readonly LoweredOperand[];
  readonly origins: readonly string[];
}

/** Rows of a table, by the ids that an input holds. */
export interface LoweredGather {
  readonly input: string;
  readonly table: string;
  readonly value: Value;
  readonly width: number;
  /** Module path in transformers. */
  readonly origin: string;
  /** The rows of a table that launches gather from; absent where the host gathers. */
  readonly rows?: number;
}

export interface LoweredProgram {
  readonly name: string;
  readonly symbols: Readonly<Record<string, number>>;
  /** What loading computes once from weights alone. */
  readonly init: readonly LoweredLaunch[];
  readonly launches: readonly LoweredLaunch[];
  readonly inputs: readonly (GraphInput & { readonly dtype: PlannedTensor["dtype"] })[];
  readonly outputs: readonly { readonly name: string; readonly value: Value }[];
  readonly gathers: readonly LoweredGather[];
  readonly tensors: Readonly<Record<string, readonly number[]>>;
}

/**
 * Every checkpoint tensor that the programs read, with its shape. Made of entries, since a name may
 * be `__proto__`, which cannot be assigned to.
 */
export const tensorsOf = (
  programs: readonly Pick<LoweredProgram, "tensors">[],
): LoweredProgram["tensors"] =>
  Object.fromEntries(programs.flatMap(({ tensors }) => Object.entries(tensors)));

/** Values that loading computes: they live as long as the weights. */
export const constantValues = ({
  init,
}: Pick<LoweredProgram, "init">): ReadonlyMap<number, Value> =>
  new Map(
    init
      .flatMap(({ problem, operands }) => readAndWritten(problem, operands).written)
      .flatMap((operand) => (operand.kind === "value" ? [[operand.value.id, operand.value]] : [])),
  );
