/**
 * Stands for a model: the row of an input follows from its name, and what is called bad has none.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { EmbeddedRows, Embedder, Input, Unreadable } from "@sigil/bulk";

const atOnce = 4;

export const rowOf = (value: string): readonly number[] => {
  let hash = 7;
  for (const letter of value) hash = (hash * 31 + letter.charCodeAt(0)) % 65521;
  return [hash, hash / 2, value.length];
};

export class CountedEmbedder implements Embedder {
  readonly model = "counted";
  readonly revision = "1";
  /** Milliseconds that a run takes. */
  readonly #takes: number;
  embedded = 0;

  constructor(takes = 0) {
    this.#takes = takes;
  }

  async *embed(
    inputs: readonly Input[],
    onUnreadable: (unreadable: Unreadable) => void,
  ): AsyncGenerator<EmbeddedRows> {
    for (let begin = 0; begin < inputs.length; begin += atOnce) {
      const places: number[] = [];
      const rows: number[] = [];
      for (let i = begin; i < Math.min(inputs.length, begin + atOnce); i++) {
        const { id, value } = inputs[i]!;
        if (typeof value !== "string" || value.startsWith("bad"))
          onUnreadable({ id, problem: "is bad" });
        else {
          places.push(i);
          rows.push(...rowOf(value));
        }
      }
      if (this.#takes > 0) await pause(this.#takes);
      this.embedded += places.length;
      if (places.length > 0)
        yield { places, embeds: { data: Float32Array.from(rows), shape: [places.length, 3] } };
    }
  }

  async close(): Promise<void> {}
}
