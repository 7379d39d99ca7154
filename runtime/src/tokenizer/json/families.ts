import { siglipMaxLength, siglipTokens, type TokenizerSettings } from "../config/settings.ts";
import type { Side } from "../config/tokenizer-config.ts";
import { Component } from "./component.ts";

/** What a class of transformers makes of a `tokenizer.json`. */
export interface Family {
  /** Special tokens where the configuration names none. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly paddingSide: Side;
  /** `model_max_length` where the configuration has none. */
  readonly maxLength: number;
  /**
   * The class builds normaliser, pre-tokenizer and decoder itself and takes only the vocabulary.
   */
  readonly gemma: boolean;
  /** Lower-cases whatever `do_lower_case` says. */
  readonly lowers: boolean;
}

const asInFile: Family = {
  tokens: {},
  paddingSide: "right",
  maxLength: Infinity,
  gemma: false,
  lowers: false,
};
const gemma: Family = {
  tokens: {
    bos_token: "<bos>",
    eos_token: "<eos>",
    unk_token: "<unk>",
    pad_token: "<pad>",
    mask_token: "<mask>",
  },
  paddingSide: "left",
  maxLength: Infinity,
  gemma: true,
  lowers: false,
};

/** By `tokenizer_class` without "Fast"; SigLIP 2's published checkpoints name GemmaTokenizer. */
export function familyOf(tokenizerClass: unknown): Family {
  switch (typeof tokenizerClass === "string" ? tokenizerClass.replace(/Fast$/, "") : "") {
    case "Siglip2Tokenizer":
      return { ...gemma, lowers: true };
    case "GemmaTokenizer":
      return gemma;
    // Which transformers reads from spiece.model alone.
    case "SiglipTokenizer":
      return { ...asInFile, tokens: siglipTokens, maxLength: siglipMaxLength };
    default:
      return asInFile;
  }
}

/** The parts of a file that Siglip2Tokenizer and GemmaTokenizer put in place of the file's. */
export function gemmaParts(model: unknown, settings: TokenizerSettings): Record<string, unknown> {
  const { type } = new Component(model, "model");
  if (type !== "BPE") new Component(model, "model").fail("type", "BPE", type);
  const marker = { String: "\u2581" };
  const space = { String: " " };
  return {
    model: {
      ...(model as object),
      unk_token: settings.named.get("unk_token")?.content,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      dropout: null,
    },
    normalizer: { type: "Replace", pattern: space, content: "\u2581" },
    pre_tokenizer: { type: "Split", pattern: space, behavior: "MergedWithPrevious" },
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: marker, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
      ],
    },
  };
}
