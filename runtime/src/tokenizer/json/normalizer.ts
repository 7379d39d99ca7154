import { Charsmap } from "../charsmap.ts";
import { TokenizerError } from "../error.ts";
import { lowerEach } from "../lower-case.ts";
import { compilePattern } from "./pattern.ts";
import { precompiled } from "./precompiled.ts";
import { components, stringOf, unsupported, type ComponentSpec } from "./spec.ts";

/** Text to text, before tokens are looked for. */
export type Normalizer = (text: string) => string;

/**
 * Builds the normalizer a `tokenizer.json` asks for; throws TokenizerError for a type it does not
 * know.
 */
export function buildNormalizer(spec: ComponentSpec): Normalizer {
  switch (spec.type) {
    case "Sequence": {
      const steps = components(spec.normalizers, "normalizers").map(buildNormalizer);
      return (text) => steps.reduce((result, step) => step(result), text);
    }
    case "Lowercase":
      return lowerEach;
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD": {
      const form = spec.type;
      return (text) => text.normalize(form);
    }
    case "Replace": {
      const pattern = compilePattern(spec.pattern);
      const content = stringOf(spec, "content");
      return (text) => text.replace(pattern, () => content);
    }
    case "Strip": {
      const left = (spec.strip_left ?? true) ? /^\p{White_Space}+/u : /^(?!)/;
      const right = (spec.strip_right ?? true) ? /\p{White_Space}+$/u : /^(?!)/;
      return (text) => text.replace(left, "").replace(right, "");
    }
    case "Prepend": {
      const prefix = stringOf(spec, "prepend");
      return (text) => (text === "" ? "" : prefix + text);
    }
    case "Precompiled":
      return precompiled(new Charsmap(decodeBase64(stringOf(spec, "precompiled_charsmap"))));
    default:
      throw unsupported("normalizer", spec);
  }
}

function decodeBase64(text: string): Uint8Array {
  try {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  } catch (cause) {
    throw new TokenizerError("tokenizer.json: the precompiled charsmap is not base64", undefined, {
      cause,
    });
  }
}
