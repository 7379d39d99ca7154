import { byteOfPiece } from "../byte-pieces.ts";
import { compilePattern } from "./pattern.ts";
import { components, stringOf, unsupported, type ComponentSpec } from "./spec.ts";

/** Tokens to the strings whose concatenation is the text. */
export type Decoder = (tokens: string[]) => string[];

/**
 * Builds the decoder a `tokenizer.json` asks for; throws TokenizerError for a type it does not
 * know.
 */
export function buildDecoder(spec: ComponentSpec): Decoder {
  switch (spec.type) {
    case "Sequence": {
      const steps = components(spec.decoders, "decoders").map(buildDecoder);
      return (tokens) => steps.reduce((result, step) => step(result), tokens);
    }
    case "Replace": {
      const pattern = compilePattern(spec.pattern);
      const content = stringOf(spec, "content");
      return (tokens) => tokens.map((token) => token.replace(pattern, () => content));
    }
    case "ByteFallback":
      return byteFallback;
    case "Fuse":
      return (tokens) => [tokens.join("")];
    case "Strip": {
      const content = stringOf(spec, "content");
      return (tokens) =>
        tokens.map((token) => strip(token, content, Number(spec.start), Number(spec.stop)));
    }
    case "Metaspace": {
      const marker = stringOf(spec, "replacement", "\u2581");
      const drops = spec.prepend_scheme !== "never" && spec.add_prefix_space !== false;
      return (tokens) =>
        tokens.map((token, i) =>
          (drops && i === 0 && token.startsWith(marker)
            ? token.slice(marker.length)
            : token
          ).replaceAll(marker, " "),
        );
    }
    default:
      throw unsupported("decoder", spec);
  }
}

/**
 * Runs of byte pieces become their UTF-8 text, or one U+FFFD a byte when a run is not valid as a
 * whole.
 */
function byteFallback(tokens: string[]): string[] {
  const result: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length === 0) return;
    try {
      result.push(
        new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes)),
      );
    } catch {
      result.push("\ufffd".repeat(bytes.length));
    }
    bytes = [];
  };
  for (const token of tokens) {
    const byte = byteOfPiece(token);
    if (byte >= 0) bytes.push(byte);
    else {
      flush();
      result.push(token);
    }
  }
  flush();
  return result;
}

function strip(token: string, content: string, start: number, stop: number): string {
  let result = token;
  for (let i = 0; i < start && result.startsWith(content); i++)
    result = result.slice(content.length);
  for (let i = 0; i < stop && result.endsWith(content); i++)
    result = result.slice(0, -content.length);
  return result;
}
