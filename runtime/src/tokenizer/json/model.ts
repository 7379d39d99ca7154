import type { Component } from "./component.ts";
import { BPE } from "./bpe.ts";
import { Unigram } from "./unigram.ts";

/** Words to ids. */
export interface Model {
  /** Token texts by id; a hole is undefined. */
  readonly tokens: readonly (string | undefined)[];
  readonly ids: ReadonlyMap<string, number>;
  encode(word: string): number[];
}

/**
 * Builds the model of a `tokenizer.json`; throws TokenizerError for a type it does not know or a
 * bad vocabulary.
 */
export function buildModel(spec: Component): Model {
  switch (spec.type) {
    case "Unigram":
      return new Unigram(spec);
    case "BPE":
      return new BPE(spec);
    default:
      throw spec.unsupported();
  }
}
