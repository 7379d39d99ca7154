/**
 * What a kernel has to compute, without a word on how. The four families are all that a backend
 * implements; `select` turns
 * a problem into a configuration and `emit` into source. Activations are float32 and row-major.
 */
import type { Extent, Storage, WeightStorage } from "@sigil/spec";
import type { Expression } from "../expr/expression.ts";

/** Extra inputs of an epilogue, in the order in which the kernel takes them. */
export type EpilogueOperand = { readonly name: string } & (
  | {
      /** `column`: one value per output column. `element`: shaped as the output. `scalar`: one. */
      readonly index: "column" | "element" | "scalar";
      readonly period?: never;
    }
  | {
      /** `[period, columns]`, row modulo period. */
      readonly index: "periodic";
      readonly period: number;
    }
);

/**
 * A Gemm's rows cut out of pictures, those of one after those of another, line by line. `patches`:
 * of `[b, c, h, w]`, each ordered (channel, row, column).
 * `byte_patches`: of `[b, h, w, c]` bytes, each 0 to 255, ordered (row, column, channel), so that a
 * line of a patch is contiguous.
 */
export interface PatchRows {
  readonly kind: "patches" | "byte_patches";
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly patch: number;
  readonly gridHeight: number;
  readonly gridWidth: number;
}

/** C[m, n] = epilogue(sum over k of A[m, k] * B[n, k]). Operands: A, B, the epilogue's, C. */
export interface GemmProblem {
  readonly family: "gemm";
  readonly rows: Extent;
  readonly columns: Extent;
  readonly depth: number;
  /**
   * `weight`: B is known when loading and may be packed. `activation`: B is computed by the run,
   * row-major.
   */
  readonly b:
    | {
        readonly kind: "weight";
        readonly storage: WeightStorage;
        /**
         * Each row of A is rounded to integers of -127 to 127, times a scale that its largest
         * magnitude gives, and multiplied as such. B has one scale for each of its rows.
         */
        readonly activations?: "int8";
      }
    | { readonly kind: "activation" };
  /** `rows`: A is a matrix with this distance between rows. */
  readonly a: { readonly kind: "rows"; readonly stride: number } | PatchRows;
  readonly epilogue: Expression;
  readonly epilogueOperands: readonly EpilogueOperand[];
}

/**
 * Per batch and head: softmax(q k^T * scale + mask) v, the scores never stored whole. Rows of q, k
 * and v are `stride`
 * elements apart, a head's channels contiguous. Operands: q, k, v, [mask], output `[batch, queries,
 * heads * headSize]`, [probabilities].
 */
export interface AttentionProblem {
  readonly family: "attention";
  readonly batch: Extent;
  readonly heads: number;
  readonly headSize: number;
  readonly queries: number;
  readonly keys: number;
  readonly queryStride: number;
  readonly keyStride: number;
  readonly valueStride: number;
  /** The same query rows serve every batch (a learned probe). */
  readonly sharedQuery: boolean;
  readonly scale: number;
  /** `[batch, keys]`, added to the scores of every head and query. */
  readonly mask: boolean;
  /** Also write the probabilities, `[batch, heads, queries, keys]`. */
  readonly probabilities: boolean;
}

/** One pass over rows of `width`. Operands: input, [weight, [bias]], output. */
export type RowReduceProblem = NormProblem | MeanProblem;

/** Over the last axis of `[rows, width]`. */
export interface NormProblem {
  readonly family: "row_reduce";
  readonly kind: "layer_norm" | "rms_norm" | "l2_normalize";
  readonly rows: Extent;
  readonly width: number;
  readonly reduced?: never;
  readonly mask?: never;
  readonly epsilon: number;
}

/** Over the middle axis of `[rows, reduced, width]`. */
export interface MeanProblem {
  readonly family: "row_reduce";
  readonly kind: "mean";
  readonly rows: Extent;
  readonly width: number;
  readonly reduced: number;
  /** An operand `[rows, reduced]` after the input; what it is below zero for does not count. */
  readonly mask?: boolean;
  readonly epsilon: number;
}

/**
 * Where rows lie that do not follow one another: `stride` elements apart from `first` on (a token
 * picked from each sequence). With `lines`, `of` rows at a time are a line of a grid, and lines are
 * `lines.stride` apart; with `period`, rows repeat after so many.
 */
export interface StridedRows {
  readonly stride: number;
  readonly first: number;
  readonly lines?: { readonly of: number; readonly stride: number };
  readonly period?: number;
}

/** An operand of a map that lies where the problem says. */
export type PlacedOperand =
  | EpilogueOperand
  | ({ readonly name: string; readonly index: "strided" } & StridedRows);

/** Operands of a map that gathers rows: CUDA alone has them, see `passes/gather-on-device.ts`. */
export type GatherOperand = { readonly name: string } & (
  | {
      /** One int32 a row, which a `gathered` operand is read by and no expression names. */
      readonly index: "ids";
    }
  | {
      /** A table, a weight: row `r` is the table's row `ids[r]`, where `ids` names an operand. */
      readonly index: "gathered";
      readonly ids: string;
      readonly storage: Storage;
    }
);

/**
 * out[r, c] = expression(operands), over `[rows, width]`; with `written` it is a part of a larger
 * value, whose others other launches write. Operands: the inputs in order, output.
 */
export interface MapProblem<Operand = PlacedOperand | GatherOperand> {
  readonly family: "map";
  readonly rows: Extent;
  readonly width: number;
  readonly expression: Expression;
  readonly operands: readonly Operand[];
  readonly written?: StridedRows;
}

export type Problem = GemmProblem | AttentionProblem | RowReduceProblem | MapProblem;
