import type { Tensor } from "@sigil/runtime";
import type { Input } from "./inputs.ts";

/** Rows of one run, and which inputs they are of. */
export interface EmbeddedRows {
  readonly places: readonly number[];
  /** `[rows, width]`. */
  readonly embeds: Tensor;
}

/** An input that has no row. */
export interface Unreadable {
  readonly id: string;
  readonly problem: string;
}

/** An open model that embeds inputs of one kind. */
export interface Embedder {
  readonly model: string;
  readonly revision: string;
  /** Rows in order; what cannot be read is told and left out. */
  embed(
    inputs: readonly Input[],
    onUnreadable: (unreadable: Unreadable) => void,
  ): AsyncIterable<EmbeddedRows>;
  close(): Promise<void>;
}
