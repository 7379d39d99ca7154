import { Charsmap } from "../charsmap.ts";
import { TokenizerError } from "../error.ts";
import { lowerEach } from "../lower-case.ts";
import { trim } from "../trim.ts";
import type { Component } from "./component.ts";
import { compilePattern } from "./pattern.ts";
import { precompiled } from "./precompiled.ts";

/** Text to text, before tokens are looked for. */
export type Normalizer = (text: string) => string;

/**
 * Builds the normalizer a `tokenizer.json` asks for; throws TokenizerError for a type it does not
 * know.
 */
export function buildNormalizer(spec: Component): Normalizer {
  switch (spec.type) {
    case "Sequence": {
      const steps = spec.components("normalizers").map(buildNormalizer);
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
      const pattern = compilePattern(spec);
      const content = spec.string("content");
      return (text) => text.replace(pattern, () => content);
    }
    case "Strip": {
      const left = spec.boolean("strip_left", true);
      const right = spec.boolean("strip_right", true);
      if (!left && !right) return (text) => text;
      return (text) => trim(text, isSpace, left && right ? "both" : left ? "start" : "end");
    }
    case "Prepend": {
      const prefix = spec.string("prepend");
      return (text) => (text === "" ? "" : prefix + text);
    }
    case "Precompiled":
      return precompiled(new Charsmap(decodeBase64(spec)));
    default:
      throw spec.unsupported();
  }
}

/** Rust's `char::is_whitespace`. */
export function isSpace(char: string): boolean {
  return /\p{White_Space}/u.test(char);
}

function decodeBase64(spec: Component): Uint8Array {
  try {
    const binary = atob(spec.string("precompiled_charsmap"));
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  } catch (cause) {
    if (cause instanceof TokenizerError) throw cause;
    throw new TokenizerError(
      `tokenizer.json: ${spec.at}.precompiled_charsmap: expected base64`,
      undefined,
      { cause },
    );
  }
}
