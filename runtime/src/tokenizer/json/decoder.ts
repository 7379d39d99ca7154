import { byteOfPiece } from "../byte-pieces.ts";
import { readMetaspace } from "./metaspace.ts";
import { compilePattern } from "./pattern.ts";
import type { Component } from "./component.ts";

/** Tokens to the strings whose concatenation is the text. */
export type Decoder = (tokens: string[]) => string[];

/**
 * Builds the decoder a `tokenizer.json` asks for; throws TokenizerError for a type it does not
 * know.
 */
export function buildDecoder(spec: Component): Decoder {
  switch (spec.type) {
    case "Sequence": {
      const steps = spec.components("decoders").map(buildDecoder);
      return (tokens) => steps.reduce((result, step) => step(result), tokens);
    }
    case "Replace": {
      const pattern = compilePattern(spec);
      const content = spec.string("content");
      return (tokens) => tokens.map((token) => token.replace(pattern, () => content));
    }
    case "ByteFallback":
      return byteFallback;
    case "Fuse":
      return (tokens) => [tokens.join("")];
    case "Strip": {
      const [content, start, stop] = [
        spec.string("content"),
        spec.count("start"),
        spec.count("stop"),
      ];
      if (content === "") spec.fail("content", "a character", content);
      return (tokens) => tokens.map((token) => strip(token, content, start, stop));
    }
    case "Metaspace": {
      const { marker, scheme } = readMetaspace(spec);
      const drops = scheme !== "never";
      return (tokens) =>
        tokens.map((token, i) =>
          (drops && i === 0 && token.startsWith(marker)
            ? token.slice(marker.length)
            : token
          ).replaceAll(marker, " "),
        );
    }
    default:
      throw spec.unsupported();
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
