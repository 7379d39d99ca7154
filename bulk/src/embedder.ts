import type { Tensor } from "@sigil/runtime";
import type { Input } from "./inputs.ts";

/** The embeddings of one run. Row i belongs to the input `places[i]` of the call. */
export interface EmbeddedRows {
  readonly places: readonly number[];
  /** `[rows, width]`. */
  readonly embeds: Tensor;
}

/** An input that cannot be read, and why. */
export interface Unreadable {
  readonly id: string;
  readonly problem: string;
}

/** An open model that embeds inputs of one kind. */
export interface Embedder {
  readonly model: string;
  readonly revision: string;
  /** Embeds inputs in order. An input that cannot be read is reported and left out. */
  embed(
    inputs: readonly Input[],
    onUnreadable: (unreadable: Unreadable) => void,
  ): AsyncIterable<EmbeddedRows>;
  close(): Promise<void>;
}
