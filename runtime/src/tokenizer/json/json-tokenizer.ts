import { TokenizerError } from "../error.ts";
import { encodeRows } from "../rows.ts";
import { maxLengthOf, tokenText, type TokenizerConfig } from "../siglip-config.ts";
import type { DecodeOptions, EncodeOptions, Encoding, Tokenizer } from "../tokenizer.ts";
import {
  parseAddedTokens,
  splitterOnAdded,
  type AddedToken,
  type TextOrToken,
} from "./added-tokens.ts";
import { buildDecoder, type Decoder } from "./decoder.ts";
import { buildModel, type Model } from "./model.ts";
import { buildNormalizer, type Normalizer } from "./normalizer.ts";
import { buildPostProcessor, type PostProcessor } from "./post-processor.ts";
import { buildPreTokenizer, type PreTokenizer } from "./pre-tokenizer.ts";
import { component } from "./spec.ts";

/** Words and their length that are remembered: a few megabytes at most. */
const mostKnownWords = 10_000;
const longestKnownWord = 64;

/** The top level of `tokenizer.json`. */
export interface TokenizerJson {
  readonly model: unknown;
  readonly added_tokens?: unknown;
  readonly normalizer?: unknown;
  readonly pre_tokenizer?: unknown;
  readonly post_processor?: unknown;
  readonly decoder?: unknown;
  readonly [key: string]: unknown;
}

/**
 * Builds a tokenizer from a parsed `tokenizer.json`, giving the ids of Hugging Face tokenizers.
 * Texts are lowercased
 * first, as both SigLIP generations need, unless the file does so itself or `config.do_lower_case`
 * is false.
 * Throws TokenizerError for a component it does not know.
 */
export function tokenizerFromJson(json: unknown, config: TokenizerConfig = {}): JsonTokenizer {
  if (typeof json !== "object" || json === null)
    throw new TokenizerError("tokenizer.json is no object");
  return new JsonTokenizer(json as TokenizerJson, config);
}

/** A tokenizer read from `tokenizer.json`. */
export class JsonTokenizer implements Tokenizer {
  readonly padTokenId: number;
  readonly modelMaxLength: number;
  private readonly added: readonly AddedToken[];
  private readonly splitRaw: (text: string) => TextOrToken[];
  private readonly splitNormalized: (text: string) => TextOrToken[];
  private readonly addedById: ReadonlyMap<number, AddedToken>;
  private readonly lowercasesFirst: boolean;
  private readonly returnsAttentionMask: boolean;
  private readonly knownWords = new Map<string, readonly number[]>();
  private readonly model: Model;
  private readonly normalize: Normalizer;
  private readonly preTokenize: PreTokenizer;
  private readonly postProcess: PostProcessor;
  private readonly decodeTokens: Decoder;

  constructor(json: TokenizerJson, config: TokenizerConfig) {
    const build = <T>(
      key: string,
      make: (spec: ReturnType<typeof component>) => T,
      otherwise: T,
    ): T =>
      json[key] === undefined || json[key] === null ? otherwise : make(component(json[key], key));
    this.model = buildModel(component(json.model, "model"));
    this.added = parseAddedTokens(json.added_tokens);
    this.splitRaw = splitterOnAdded(this.added.filter((token) => !token.normalized));
    this.splitNormalized = splitterOnAdded(this.added.filter((token) => token.normalized));
    this.addedById = new Map(this.added.map((token) => [token.id, token]));
    this.normalize = build<Normalizer>("normalizer", buildNormalizer, (text) => text);
    this.preTokenize = build<PreTokenizer>("pre_tokenizer", buildPreTokenizer, (text) => [text]);
    this.postProcess = build<PostProcessor>(
      "post_processor",
      buildPostProcessor,
      buildPostProcessor(undefined),
    );
    this.decodeTokens = build<Decoder>("decoder", buildDecoder, (tokens) => [tokens.join(" ")]);
    this.lowercasesFirst =
      (config.do_lower_case ?? true) &&
      !JSON.stringify(json.normalizer ?? null).includes('"type":"Lowercase"');
    this.returnsAttentionMask = config.model_input_names?.includes("attention_mask") ?? false;
    this.modelMaxLength = maxLengthOf(config, Infinity);
    this.padTokenId = this.findPad(tokenText(config.pad_token, "<pad>"), config.pad_token != null);
  }

  /** Number of ids: the model's tokens and the added ones. */
  get vocabSize(): number {
    return this.added.reduce(
      (size, token) => Math.max(size, token.id + 1),
      this.model.tokens.length,
    );
  }

  encode(texts: string | readonly string[], options: EncodeOptions = {}): Encoding {
    const builder = {
      padTokenId: this.padTokenId,
      modelMaxLength: this.modelMaxLength,
      returnsAttentionMask: this.returnsAttentionMask,
      ids: (text: string) => this.ids(text),
      build: this.postProcess,
    };
    return encodeRows(builder, texts, options);
  }

  /**
   * The text of ids; ids that are in no vocabulary are left out, as Hugging Face tokenizers does.
   */
  decode(ids: readonly number[], options: DecodeOptions = {}): string {
    const tokens = ids
      .filter((id) => !(options.skipSpecialTokens && this.addedById.get(id)?.special))
      .map((id) => this.addedById.get(id)?.content ?? this.model.tokens[id])
      .filter((token) => token !== undefined);
    return this.decodeTokens(tokens).join("");
  }

  /**
   * Raw added tokens are cut out first, then each rest is normalised and cut at those meant for
   * normalised text.
   */
  private ids(text: string): number[] {
    const ids: number[] = [];
    let first = true;
    for (const part of this.splitRaw(this.lowercasesFirst ? text.toLowerCase() : text)) {
      if (typeof part !== "string") {
        first = false;
        ids.push(part.id);
        continue;
      }
      for (const inner of this.splitNormalized(this.normalize(part))) {
        if (typeof inner !== "string") {
          ids.push(inner.id);
          continue;
        }
        for (const word of this.preTokenize(inner, first))
          for (const id of this.encodeWord(word)) ids.push(id);
        first = false;
      }
    }
    return ids;
  }

  /** Ids of a word, remembered: texts repeat their words, as tokenizers' own cache knows. */
  private encodeWord(word: string): readonly number[] {
    if (word.length > longestKnownWord) return this.model.encode(word);
    let ids = this.knownWords.get(word);
    if (ids === undefined) {
      if (this.knownWords.size >= mostKnownWords) this.knownWords.clear();
      this.knownWords.set(word, (ids = this.model.encode(word)));
    }
    return ids;
  }

  /**
   * The configured padding token; else an added `<pad>`; else what an empty text ends with (SigLIP
   * pads with eos).
   */
  private findPad(token: string, required: boolean): number {
    const id =
      this.added.find((entry) => entry.content === token)?.id ??
      (required ? this.model.ids.get(token) : undefined);
    if (id === undefined && required)
      throw new TokenizerError(`the padding token ${token} is not in the vocabulary`);
    return id ?? this.postProcess([]).at(-1) ?? 0;
  }
}
