import { compilePattern } from "./pattern.ts";
import { metaspace } from "./metaspace.ts";
import { split, type SplitBehavior } from "./split.ts";
import { components, stringOf, unsupported, type ComponentSpec } from "./spec.ts";

/**
 * Cuts a piece of text into the words the model sees; `first` says that it begins the whole text.
 */
export type PreTokenizer = (text: string, first: boolean) => string[];

/**
 * Builds the pre-tokenizer a `tokenizer.json` asks for; throws TokenizerError for a type it does
 * not know.
 */
export function buildPreTokenizer(spec: ComponentSpec): PreTokenizer {
  switch (spec.type) {
    case "Sequence": {
      const steps = components(spec.pretokenizers, "pretokenizers").map(buildPreTokenizer);
      return (text, first) =>
        steps.reduce(
          (words, step) => words.flatMap((word, i) => step(word, first && i === 0)),
          [text],
        );
    }
    case "Metaspace": {
      const legacy = spec.add_prefix_space === false ? "never" : "always";
      return metaspace(
        stringOf(spec, "replacement", "\u2581"),
        stringOf(spec, "prepend_scheme", legacy),
        spec.split !== false,
      );
    }
    case "Split": {
      const pattern = compilePattern(spec.pattern);
      const behavior = stringOf(spec, "behavior") as SplitBehavior;
      return (text) => split(text, pattern, behavior, spec.invert === true);
    }
    default:
      throw unsupported("pre_tokenizer", spec);
  }
}
