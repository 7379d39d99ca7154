import { BPE } from "./bpe.ts";
import type { Component } from "./component.ts";
import type { Model } from "./model.ts";
import { Unigram } from "./unigram.ts";

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
