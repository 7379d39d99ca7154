import { cleanUpTokenization } from "./clean-up.ts";
import type { AddedToken } from "./config/added-token.ts";
import {
  readSettings,
  siglipMaxLength,
  siglipTokens,
  type TokenizerSettings,
} from "./config/settings.ts";
import type { TokenizerConfig } from "./config/tokenizer-config.ts";
import { TokenizerError } from "./error.ts";
import { TokenFinder } from "./find-tokens.ts";
import { pythonLower } from "./lower-case.ts";
import { collapseWhitespace, deletePunctuation, strip } from "./python-text.ts";
import { encodeRows, noPadToken } from "./rows.ts";
import { SentencePiece } from "./sentencepiece.ts";
import { spaceMarker } from "./sentencepiece-normalizer.ts";
import { SiglipVocabulary } from "./siglip-vocabulary.ts";
import type { DecodeOptions, EncodeOptions, Encoding, Tokenizer } from "./tokenizer.ts";

/**
 * `SiglipTokenizer` of transformers 5, read from a `spiece.model`. It gives the same ids and texts
 * as the original.
 */
export class SiglipTokenizer implements Tokenizer {
  /** The model itself: `encode` gives SentencePiece's raw ids. (`sp_model`) */
  readonly sentencePiece: SentencePiece;
  /**
   * Length to which rows are cut or padded if asked for: 64 unless the configuration says
   * otherwise. (`model_max_length`)
   */
  readonly modelMaxLength: number;
  readonly doLowerCase: boolean;
  readonly eosToken: string;
  readonly unkToken: string;
  /** Undefined if the configuration says null. Such a tokenizer does not pad. */
  readonly padToken: string | undefined;
  private readonly file: Uint8Array;
  private readonly settings: TokenizerSettings;
  private readonly vocabulary: SiglipVocabulary;
  private readonly added: ReadonlyMap<string, AddedToken>;
  private readonly finder: TokenFinder<string>;
  private readonly unkPieces: number;

  private constructor(file: Uint8Array, config: TokenizerConfig) {
    const settings = readSettings(config, siglipTokens);
    const textOf = (key: string): string | undefined => settings.named.get(key)?.content;
    const required = (key: string): string => {
      const text = textOf(key);
      if (text === undefined)
        throw new TokenizerError(
          `tokenizer_config.json: ${key}: expected a token, received null; SiglipTokenizer ` +
            "needs it",
        );
      return text;
    };
    this.file = file;
    this.settings = settings;
    this.sentencePiece = new SentencePiece(file, settings.legacy ? {} : { addDummyPrefix: false });
    this.eosToken = required("eos_token");
    this.unkToken = required("unk_token");
    this.padToken = textOf("pad_token");
    this.modelMaxLength = settings.modelMaxLength ?? siglipMaxLength;
    this.doLowerCase = settings.doLowerCase ?? true;
    this.vocabulary = new SiglipVocabulary(this.sentencePiece, settings);
    this.added = this.vocabulary.added;
    this.finder = new TokenFinder(this.vocabulary.patterns.map((text) => [text, text] as const));
    this.unkPieces = this.sentencePiece.encodePieces(this.unkToken).length;
  }

  /**
   * Reads the bytes of `spiece.model` and the parsed `tokenizer_config.json`. Throws TokenizerError
   * if one of them is damaged.
   */
  static fromSpiece(file: Uint8Array, config: TokenizerConfig = {}): SiglipTokenizer {
    return new SiglipTokenizer(file, config);
  }

  /**
   * `pad_token_id`: the id of `</s>` in published checkpoints. Throws TokenizerError if the
   * configuration says that there is none.
   */
  get padTokenId(): number {
    if (this.padToken === undefined) throw noPadToken();
    return this.convertTokensToIds(this.padToken);
  }

  /** `eos_token_id` */
  get eosTokenId(): number {
    return this.convertTokensToIds(this.eosToken);
  }

  /** `unk_token_id` */
  get unkTokenId(): number {
    return this.convertTokensToIds(this.unkToken);
  }

  /** `all_special_ids` */
  get allSpecialIds(): number[] {
    return Array.from(this.vocabulary.special, (token) => this.convertTokensToIds(token));
  }

  /** `vocab_size`: the number of pieces in the model, without added tokens. */
  get vocabSize(): number {
    return this.sentencePiece.proto.pieces.length;
  }

  /** `get_vocab`: every piece and added token with its id. */
  getVocab(): Map<string, number> {
    return this.vocabulary.all();
  }

  /**
   * `__call__`: one row of ids for each text, with eos. Rows are neither padded nor cut unless
   * asked for.
   */
  encode(texts: string | readonly string[], options: EncodeOptions = {}): Encoding {
    return encodeRows(
      {
        padTokenId: () => this.padTokenId,
        modelMaxLength: this.modelMaxLength,
        returnsAttentionMask: this.settings.returnsAttentionMask ?? true,
        paddingSide: this.settings.paddingSide ?? "right",
        truncationSide: this.settings.truncationSide ?? "right",
        ids: (text) => this.convertTokensToIds(this.tokenize(text)),
        build: (ids, pairIds) => this.buildInputsWithSpecialTokens(ids, pairIds),
      },
      texts,
      options,
    );
  }

  /** `tokenize`: the pieces of a text. Special tokens in it stay whole, and none are added. */
  tokenize(text: string): string[] {
    const marked = spaceMarker + text.replaceAll(spaceMarker, " ");
    const tokens = this.settings.splitSpecial
      ? this.tokenizeOrdinary(marked)
      : this.cut(marked).flatMap((part) =>
          part === "" ? [] : this.added.has(part) ? [part] : this.tokenizeOrdinary(part),
        );
    return tokens.length > 1 && tokens[0] === spaceMarker && this.vocabulary.special.has(tokens[1]!)
      ? tokens.slice(1)
      : tokens;
  }

  /** `convert_tokens_to_ids`: gives the unknown id for tokens that are not in the vocabulary. */
  convertTokensToIds(tokens: string): number;
  convertTokensToIds(tokens: readonly string[]): number[];
  convertTokensToIds(tokens: string | readonly string[]): number | number[] {
    const one = (token: string) => this.vocabulary.idOf(token);
    return typeof tokens === "string" ? one(tokens) : tokens.map(one);
  }

  /** `convert_ids_to_tokens`. Throws TokenizerError for an id that is not in the vocabulary. */
  convertIdsToTokens(ids: number): string;
  convertIdsToTokens(ids: readonly number[], options?: DecodeOptions): string[];
  convertIdsToTokens(
    ids: number | readonly number[],
    options: DecodeOptions = {},
  ): string | string[] {
    const one = (id: number) => this.vocabulary.textOf(id);
    if (typeof ids === "number") return one(ids);
    const special = new Set(options.skipSpecialTokens ? this.allSpecialIds : []);
    return ids.filter((id) => !special.has(id)).map(one);
  }

  /**
   * `convert_tokens_to_string`: decodes ordinary pieces run by run, with a space before each run
   * that a special token ends.
   */
  convertTokensToString(tokens: readonly string[]): string {
    let text = "";
    let run: string[] = [];
    let previousSpecial = false;
    for (const token of tokens) {
      const special = this.vocabulary.special.has(token);
      if (special) {
        text += (previousSpecial ? "" : " ") + this.sentencePiece.decodePieces(run) + token;
        run = [];
      } else run.push(token);
      previousSpecial = special;
    }
    return strip(text + this.sentencePiece.decodePieces(run));
  }

  /** `decode` */
  decode(ids: readonly number[], options: DecodeOptions = {}): string {
    const text = this.convertTokensToString(this.convertIdsToTokens(ids, options));
    return this.settings.cleanUp ? cleanUpTokenization(text) : text;
  }

  /** `batch_decode` */
  batchDecode(rows: readonly (readonly number[])[], options: DecodeOptions = {}): string[] {
    return rows.map((ids) => this.decode(ids, options));
  }

  /** `build_inputs_with_special_tokens`: adds eos to each sequence that does not end with it. */
  buildInputsWithSpecialTokens(ids: readonly number[], pairIds?: readonly number[]): number[] {
    const withEos = (row: readonly number[]) =>
      row.at(-1) === this.eosTokenId ? [...row] : [...row, this.eosTokenId];
    return pairIds === undefined ? withEos(ids) : [...withEos(ids), ...withEos(pairIds)];
  }

  /**
   * `get_special_tokens_mask`: 1 for each eos that would be added or, with
   * `alreadyHasSpecialTokens`, for each special id.
   */
  getSpecialTokensMask(
    ids: readonly number[],
    pairIds?: readonly number[],
    alreadyHasSpecialTokens = false,
  ): number[] {
    if (alreadyHasSpecialTokens) {
      const special = new Set(this.allSpecialIds);
      return ids.map((id) => (special.has(id) ? 1 : 0));
    }
    const mask = (row: readonly number[]) => [...row.map(() => 0), 1];
    return pairIds === undefined ? mask(ids) : [...mask(ids), ...mask(pairIds)];
  }

  /**
   * `create_token_type_ids_from_sequences`: zeros, one more than there are ids in each sequence, as
   * in transformers.
   */
  createTokenTypeIdsFromSequences(ids: readonly number[], pairIds?: readonly number[]): number[] {
    return new Array<number>(
      ids.length + 1 + (pairIds === undefined ? 0 : pairIds.length + 1),
    ).fill(0);
  }

  /**
   * `canonicalize_text`: lower-cases the text, removes punctuation (except the exact string given),
   * and collapses and trims white space.
   */
  canonicalizeText(text: string, keepPunctuationExactString?: string): string {
    const lowered = this.doLowerCase ? pythonLower(text) : text;
    const kept = keepPunctuationExactString
      ? lowered
          .split(keepPunctuationExactString)
          .map(deletePunctuation)
          .join(keepPunctuationExactString)
      : deletePunctuation(lowered);
    return strip(collapseWhitespace(kept));
  }

  /** `remove_punctuation`: deletes the 32 ASCII punctuation characters. */
  removePunctuation(text: string): string {
    return deletePunctuation(text);
  }

  /**
   * `save_vocabulary`: the file as it was read, and the name that transformers gives it. The caller
   * writes it.
   */
  saveVocabulary(filenamePrefix?: string): { filename: string; data: Uint8Array } {
    return {
      filename: `${filenamePrefix ? `${filenamePrefix}-` : ""}spiece.model`,
      data: this.file.slice(),
    };
  }

  /**
   * `_tokenize`: encodes the text after the unknown token and drops the pieces of that, so no dummy
   * prefix is added.
   */
  private tokenizeOrdinary(text: string): string[] {
    const pieces = this.sentencePiece
      .encodePieces(this.unkToken + this.canonicalizeText(text))
      .map((piece) => piece.text);
    return pieces.length >= this.unkPieces ? pieces.slice(this.unkPieces) : pieces;
  }

  /** Cuts the text at added tokens, each with the white space that it takes along. */
  private cut(text: string): string[] {
    const parts: string[] = [];
    let last = 0;
    for (const { start, end } of this.finder.find(text)) {
      if (start > last) parts.push(text.slice(last, start));
      parts.push(text.slice(start, end));
      last = end;
    }
    if (last < text.length) parts.push(text.slice(last));

    // As transformers does: in place, so that a part may change more than once.
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!;
      const token = this.added.get(part);
      if (token === undefined) continue;
      // A word's neighbours are looked at as they were, and joined as they are then.
      const [left, right] = [parts[i - 1], parts[i + 1]];
      if (token.rstrip && right) parts[i + 1] = strip(right, "start");
      if (token.lstrip && left) parts[i - 1] = strip(left, "end");
      if (!token.single_word) continue;
      if (left && !left.endsWith(" ")) [parts[i - 1], parts[i]] = [parts[i - 1]! + part, ""];
      else if (right && !right.startsWith(" "))
        [parts[i + 1], parts[i]] = [part + parts[i + 1]!, ""];
    }
    return parts;
  }
}
