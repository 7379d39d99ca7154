import { cleanUpTokenization } from "../clean-up.ts";
import { readAddedTokens, specialToken, type AddedToken } from "../config/added-token.ts";
import { isObject, Problems } from "../config/problems.ts";
import { readSettings, type TokenizerSettings } from "../config/settings.ts";
import type { Side, TokenizerConfig } from "../config/tokenizer-config.ts";
import { TokenizerError } from "../error.ts";
import { lowerEach } from "../lower-case.ts";
import { encodeRows, noPadToken } from "../rows.ts";
import type { DecodeOptions, EncodeOptions, Encoding, Tokenizer } from "../tokenizer.ts";
import { AddedVocabulary } from "./added-vocabulary.ts";
import { BPE } from "./bpe.ts";
import { Component } from "./component.ts";
import { buildDecoder, type Decoder } from "./decoder.ts";
import { familyOf, gemmaParts, type Family } from "./families.ts";
import { buildModel } from "./build-model.ts";
import type { Model } from "./model.ts";
import { buildNormalizer, type Normalizer } from "./normalizer.ts";
import { buildPostProcessor, noPostProcessor, type PostProcessor } from "./post-processor.ts";
import { buildPreTokenizer } from "./build-pre-tokenizer.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";

/** How many words are remembered, and how long they may be: a few megabytes at most. */
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
 * Builds a tokenizer from a parsed `tokenizer.json`. It gives the ids of the transformers class
 * that `config.tokenizer_class` names. Texts are lower-cased before the file's normaliser runs, as
 * Siglip2Tokenizer does and as both SigLIP generations were trained. They are not if
 * `config.do_lower_case` is false: for a GemmaTokenizer or PreTrainedTokenizerFast, which published
 * SigLIP 2 checkpoints name, transformers keeps the case. Throws TokenizerError for damaged files
 * and unknown components.
 */
export function tokenizerFromJson(json: unknown, config: TokenizerConfig = {}): JsonTokenizer {
  if (!isObject(json)) throw new TokenizerError("tokenizer.json is not an object");
  return new JsonTokenizer(json as TokenizerJson, config);
}

/** A tokenizer read from `tokenizer.json`. */
export class JsonTokenizer implements Tokenizer {
  readonly modelMaxLength: number;
  private readonly settings: TokenizerSettings;
  private readonly padToken: AddedToken | undefined;
  private readonly paddingSide: Side;
  private readonly truncationSide: Side;
  private readonly vocabulary: AddedVocabulary;
  private readonly knownWords = new Map<string, readonly number[]>();
  private readonly model: Model;
  private readonly normalize: Normalizer;
  private readonly preTokenize: PreTokenizer;
  private readonly postProcess: PostProcessor;
  private readonly decodeTokens: Decoder;

  constructor(file: TokenizerJson, config: TokenizerConfig) {
    const family = familyOf(isObject(config) ? config.tokenizer_class : undefined);
    const settings = readSettings(config, family.tokens);
    const json = family.gemma ? { ...file, ...gemmaParts(file.model, settings) } : file;
    const build = <T>(key: string, make: (spec: Component) => T, otherwise: T): T =>
      json[key] === undefined || json[key] === null
        ? otherwise
        : make(new Component(json[key], key));
    this.settings = settings;
    this.model = buildModel(new Component(json.model, "model"));
    const normalize = build<Normalizer>("normalizer", buildNormalizer, (text) => text);
    const lowers = build("normalizer", hasLowercase, false);
    this.normalize =
      family.lowers || ((settings.doLowerCase ?? true) && !lowers)
        ? (text) => normalize(lowerEach(text))
        : normalize;
    this.preTokenize = build<PreTokenizer>("pre_tokenizer", buildPreTokenizer, (text) => [text]);
    this.postProcess = build("post_processor", buildPostProcessor, noPostProcessor);
    this.decodeTokens = build<Decoder>("decoder", buildDecoder, (tokens) => [tokens.join(" ")]);

    const rows = readRows(json);
    this.paddingSide = settings.paddingSide ?? rows.paddingSide ?? family.paddingSide;
    this.truncationSide = settings.truncationSide ?? rows.truncationSide ?? "right";
    this.modelMaxLength = settings.modelMaxLength ?? settings.maxLen ?? family.maxLength;
    const named = new Map(settings.named);
    if (rows.padToken !== undefined && !named.has("pad_token"))
      named.set("pad_token", specialToken(rows.padToken));
    this.vocabulary = new AddedVocabulary(this.model, this.normalize);
    addTokens(this.vocabulary, json, family, settings, named);
    // A file with a class has its say: there, transformers does not pad either.
    this.padToken =
      named.has("pad_token") || settings.tokenizerClass ? named.get("pad_token") : this.findPad();
  }

  /**
   * The id of the configured padding token. If no `tokenizer_class` is named, it is `<pad>`, or the
   * token that an empty text ends with. Throws TokenizerError if there is none.
   */
  get padTokenId(): number {
    const id = this.padToken && this.vocabulary.idOf(this.padToken.content);
    if (id === undefined) throw noPadToken();
    return id;
  }

  /** How many ids there are: tokens of the model and added tokens. */
  get vocabSize(): number {
    return this.vocabulary.size;
  }

  encode(texts: string | readonly string[], options: EncodeOptions = {}): Encoding {
    const builder = {
      padTokenId: () => this.padTokenId,
      modelMaxLength: this.modelMaxLength,
      returnsAttentionMask: this.settings.returnsAttentionMask ?? true,
      paddingSide: this.paddingSide,
      truncationSide: this.truncationSide,
      ids: (text: string) => this.ids(text),
      build: this.postProcess,
    };
    return encodeRows(builder, texts, options);
  }

  /** Decodes ids to text. Unknown ids are left out, as in Hugging Face tokenizers. */
  decode(ids: readonly number[], options: DecodeOptions = {}): string {
    const tokens = ids
      .map((id) => this.vocabulary.textOf(id))
      .filter((token) => token !== undefined)
      .filter((token) => !(options.skipSpecialTokens && this.vocabulary.isSpecial(token)));
    const text = this.decodeTokens(tokens).join("");
    // Cleaning up is for words; transformers spares byte pair encodings unless it is told twice.
    const cleanUp =
      this.settings.cleanUp && (this.settings.cleanUpBpe || !(this.model instanceof BPE));
    return cleanUp ? cleanUpTokenization(text) : text;
  }

  /**
   * First cuts the text at raw added tokens. Then normalises each rest, and cuts it at the added
   * tokens that are meant for normalised text.
   */
  private ids(text: string): number[] {
    const ids: number[] = [];
    const { splitSpecial } = this.settings;
    let first = true;
    for (const part of this.vocabulary.split(text, "raw", splitSpecial)) {
      const inside =
        typeof part === "string"
          ? this.vocabulary.split(this.normalize(part), "normalized", splitSpecial)
          : [part];
      for (const inner of inside) {
        if (typeof inner === "number") ids.push(inner);
        else
          for (const word of this.preTokenize(inner, first))
            for (const id of this.encodeWord(word)) ids.push(id);
        first = false;
      }
    }
    return ids;
  }

  /**
   * The ids of a word. They are remembered, since texts repeat their words; Hugging Face tokenizers
   * has such a cache too.
   */
  private encodeWord(word: string): readonly number[] {
    if (word.length > longestKnownWord) return this.model.encode(word);
    let ids = this.knownWords.get(word);
    if (ids === undefined) {
      if (this.knownWords.size >= mostKnownWords) this.knownWords.clear();
      this.knownWords.set(word, (ids = this.model.encode(word)));
    }
    return ids;
  }

  /** The padding token of SigLIP if no file names one: `<pad>`, or eos in the first generation. */
  private findPad(): AddedToken | undefined {
    const end = this.postProcess([]).at(-1);
    const text = this.vocabulary.has("<pad>")
      ? "<pad>"
      : end === undefined
        ? undefined
        : this.vocabulary.textOf(end);
    return text === undefined ? undefined : specialToken(text);
  }
}

function hasLowercase(spec: Component): boolean {
  return spec.type === "Sequence"
    ? spec.components("normalizers").some(hasLowercase)
    : spec.type === "Lowercase";
}

/**
 * Reads `padding` and `truncation`. Their lengths are ignored: in transformers those are arguments
 * of a call.
 */
function readRows(json: TokenizerJson): {
  readonly paddingSide: Side | undefined;
  readonly truncationSide: Side | undefined;
  readonly padToken: string | undefined;
} {
  const problems = new Problems("tokenizer.json");
  const read = (key: string): Readonly<Record<string, unknown>> => {
    const value = json[key] ?? {};
    return isObject(value) ? value : (problems.expected(key, "an object or null", value) ?? {});
  };
  const side = (key: string, value: unknown): Side | undefined =>
    value === undefined
      ? undefined
      : value === "Left"
        ? "left"
        : value === "Right"
          ? "right"
          : problems.expected(`${key}.direction`, '"Left" or "Right"', value);
  const { padding, truncation } = { padding: read("padding"), truncation: read("truncation") };
  const token = padding.pad_token;
  const rows = {
    paddingSide: side("padding", padding.direction),
    truncationSide: side("truncation", truncation.direction),
    padToken:
      token === undefined || typeof token === "string"
        ? token
        : problems.expected("padding.pad_token", "a string", token),
  };
  problems.throwIfAny();
  return rows;
}

/**
 * Adds the tokens of the file, then those of the configuration by id, then special tokens that
 * neither has. Classes that build a tokenizer of their own take those of the file only if the
 * configuration has none.
 */
function addTokens(
  vocabulary: AddedVocabulary,
  json: TokenizerJson,
  family: Family,
  settings: TokenizerSettings,
  named: ReadonlyMap<string, AddedToken | undefined>,
): void {
  const problems = new Problems("tokenizer.json");
  const inFile = readAddedTokens(json.added_tokens, problems);
  problems.throwIfAny();
  if (!family.gemma) vocabulary.add(inFile.values());
  const added = settings.added ?? inFile;
  const texts = new Set([...named.values()].map((token) => token?.content));
  const byId = [...added].sort(([a], [b]) => a - b).map(([, token]) => token);
  const listed = new Set(byId.map((token) => token.content));
  const rest = [...named.values(), ...settings.extra].flatMap((token) =>
    token === undefined || listed.has(token.content) || vocabulary.has(token.content) ? [] : token,
  );
  vocabulary.add(
    [...byId, ...rest].map((token) => ({
      ...token,
      special: token.special || texts.has(token.content),
    })),
  );
}
