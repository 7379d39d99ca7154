import { compilePattern } from "./pattern.ts";
import type { Component } from "./component.ts";
import { metaspace, readMetaspace } from "./metaspace.ts";
import { split, splitBehaviors } from "./split.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";

/**
 * Builds the pre-tokenizer a `tokenizer.json` asks for; throws TokenizerError for a type it does
 * not know.
 */
export function buildPreTokenizer(spec: Component): PreTokenizer {
  switch (spec.type) {
    case "Sequence": {
      const steps = spec.components("pretokenizers").map(buildPreTokenizer);
      return (text, first) =>
        steps.reduce(
          (words, step) => words.flatMap((word, i) => step(word, first && i === 0)),
          [text],
        );
    }
    case "Metaspace":
      return metaspace(readMetaspace(spec));
    case "Split": {
      const pattern = compilePattern(spec);
      const behavior = spec.oneOf("behavior", splitBehaviors);
      const invert = spec.boolean("invert", false);
      return (text) => split(text, pattern, behavior, invert);
    }
    default:
      throw spec.unsupported();
  }
}
