import { TokenizerError } from "./error.ts";
import { pythonLower } from "./lower-case.ts";
import { collapseWhitespace, deletePunctuation, strip } from "./python-text.ts";
import { encodeRows } from "./rows.ts";
import { SentencePiece } from "./sentencepiece.ts";
import { spaceMarker } from "./sentencepiece-normalizer.ts";
import {
  cleanUpTokenization,
  maxLengthOf,
  splitOnTokens,
  tokenText,
  type TokenizerConfig,
} from "./siglip-config.ts";
import type { DecodeOptions, EncodeOptions, Encoding, Tokenizer } from "./tokenizer.ts";

/**
 * `SiglipTokenizer` of transformers v5, read from a `spiece.model`. Same ids and texts as the
 * original.
 */
export class SiglipTokenizer implements Tokenizer {
  /** The model itself: `encode` gives SentencePiece's raw ids. (`sp_model`) */
  readonly sentencePiece: SentencePiece;
  /**
   * Length rows are cut or padded to when asked: 64 unless the configuration says otherwise.
   * (`model_max_length`)
   */
  readonly modelMaxLength: number;
  readonly doLowerCase: boolean;
  readonly eosToken: string;
  readonly unkToken: string;
  readonly padToken: string;
  private readonly file: Uint8Array;
  private readonly added = new Map<string, number>();
  private readonly special = new Set<string>();
  private readonly unkPieces: number;
  private readonly cleanUp: boolean;
  private readonly splitSpecial: boolean;
  private readonly returnsAttentionMask: boolean;

  private constructor(file: Uint8Array, config: TokenizerConfig) {
    this.file = file;
    this.sentencePiece = new SentencePiece(file);
    this.eosToken = tokenText(config.eos_token, "</s>");
    this.unkToken = tokenText(config.unk_token, "<unk>");
    this.padToken = tokenText(config.pad_token, "</s>");
    this.modelMaxLength = maxLengthOf(config, 64);
    this.doLowerCase = config.do_lower_case ?? true;
    this.cleanUp = config.clean_up_tokenization_spaces ?? false;
    this.splitSpecial = config.split_special_tokens ?? false;
    this.returnsAttentionMask = config.model_input_names?.includes("attention_mask") ?? false;
    for (const [id, token] of Object.entries(config.added_tokens_decoder ?? {})) {
      this.added.set(tokenText(token, ""), Number(id));
      if (typeof token === "string" || token.special) this.special.add(tokenText(token, ""));
    }
    const additional = (config.additional_special_tokens ?? []).map((token) =>
      tokenText(token, ""),
    );
    for (const token of [this.eosToken, this.unkToken, this.padToken, ...additional]) {
      this.special.add(token);
      if (!this.added.has(token)) this.added.set(token, this.freshId(token));
    }
    this.unkPieces = this.sentencePiece.encodePieces(this.unkToken).length;
  }

  /**
   * Reads the bytes of `spiece.model` and the object of `tokenizer_config.json`; throws
   * TokenizerError on damage.
   */
  static fromSpiece(file: Uint8Array, config: TokenizerConfig = {}): SiglipTokenizer {
    return new SiglipTokenizer(file, config);
  }

  /** `pad_token_id`: the id of `</s>` in published checkpoints. */
  get padTokenId(): number {
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
    return [...new Set([...this.special].map((token) => this.convertTokensToIds(token)))];
  }

  /** `vocab_size`: pieces of the model, added tokens not counted. */
  get vocabSize(): number {
    return this.sentencePiece.proto.pieces.length;
  }

  /** `get_vocab`: every piece and added token with its id. */
  getVocab(): Map<string, number> {
    const vocab = new Map(
      this.sentencePiece.proto.pieces.map((piece, id) => [piece.text, id] as const),
    );
    for (const [token, id] of this.added) vocab.set(token, id);
    return vocab;
  }

  /** `__call__`: one row of ids a text, eos included; neither padded nor cut unless asked. */
  encode(texts: string | readonly string[], options: EncodeOptions = {}): Encoding {
    return encodeRows(
      {
        padTokenId: this.padTokenId,
        modelMaxLength: this.modelMaxLength,
        returnsAttentionMask: this.returnsAttentionMask,
        ids: (text) => this.convertTokensToIds(this.tokenize(text)),
        build: (ids, pairIds) => this.buildInputsWithSpecialTokens(ids, pairIds),
      },
      texts,
      options,
    );
  }

  /** `tokenize`: pieces of a text, special tokens in it kept whole, none added. */
  tokenize(text: string): string[] {
    const marked = spaceMarker + text.replaceAll(spaceMarker, " ");
    const parts = this.splitSpecial ? [marked] : splitOnTokens(marked, this.added.keys());
    const tokens = parts.flatMap((part, i) =>
      i % 2 === 1 ? [part] : part === "" ? [] : this.tokenizeOrdinary(part),
    );
    return tokens.length > 1 && tokens[0] === spaceMarker && this.special.has(tokens[1]!)
      ? tokens.slice(1)
      : tokens;
  }

  /** `convert_tokens_to_ids`: the unknown id for what is not in the vocabulary. */
  convertTokensToIds(tokens: string): number;
  convertTokensToIds(tokens: readonly string[]): number[];
  convertTokensToIds(tokens: string | readonly string[]): number | number[] {
    const one = (token: string) => this.added.get(token) ?? this.sentencePiece.pieceToId(token);
    return typeof tokens === "string" ? one(tokens) : tokens.map(one);
  }

  /** `convert_ids_to_tokens`; throws TokenizerError for an id that is not in the vocabulary. */
  convertIdsToTokens(ids: number): string;
  convertIdsToTokens(ids: readonly number[], options?: DecodeOptions): string[];
  convertIdsToTokens(
    ids: number | readonly number[],
    options: DecodeOptions = {},
  ): string | string[] {
    const one = (id: number) => {
      const token =
        this.sentencePiece.proto.pieces[id]?.text ??
        [...this.added].find((entry) => entry[1] === id)?.[0];
      if (token === undefined)
        throw new TokenizerError(`id ${id} is not in the vocabulary of ${this.vocabSize} pieces`);
      return token;
    };
    if (typeof ids === "number") return one(ids);
    const special = new Set(options.skipSpecialTokens ? this.allSpecialIds : []);
    return ids.filter((id) => !special.has(id)).map(one);
  }

  /**
   * `convert_tokens_to_string`: ordinary pieces decoded run by run, a space before each run a
   * special token ends.
   */
  convertTokensToString(tokens: readonly string[]): string {
    let text = "";
    let run: string[] = [];
    let previousSpecial = false;
    for (const token of tokens) {
      const special = this.special.has(token);
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
    return this.cleanUp ? cleanUpTokenization(text) : text;
  }

  /** `batch_decode` */
  batchDecode(rows: readonly (readonly number[])[], options: DecodeOptions = {}): string[] {
    return rows.map((ids) => this.decode(ids, options));
  }

  /**
   * `build_inputs_with_special_tokens`: eos after each sequence that does not already end with it.
   */
  buildInputsWithSpecialTokens(ids: readonly number[], pairIds?: readonly number[]): number[] {
    const withEos = (row: readonly number[]) =>
      row.at(-1) === this.eosTokenId ? [...row] : [...row, this.eosTokenId];
    return pairIds === undefined ? withEos(ids) : [...withEos(ids), ...withEos(pairIds)];
  }

  /**
   * `get_special_tokens_mask`: 1 for eos that would be added; with `alreadyHasSpecialTokens`, for
   * every special id.
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
   * `create_token_type_ids_from_sequences`: zeros, one more than ids for each sequence, as
   * transformers counts.
   */
  createTokenTypeIdsFromSequences(ids: readonly number[], pairIds?: readonly number[]): number[] {
    return new Array<number>(
      ids.length + 1 + (pairIds === undefined ? 0 : pairIds.length + 1),
    ).fill(0);
  }

  /**
   * `canonicalize_text`: lower case, no punctuation (except the exact string given), single spaces,
   * stripped.
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
   * `save_vocabulary`: the file as it was read and the name transformers gives it; writing it is
   * the caller's.
   */
  saveVocabulary(filenamePrefix?: string): { filename: string; data: Uint8Array } {
    return {
      filename: `${filenamePrefix ? `${filenamePrefix}-` : ""}spiece.model`,
      data: this.file.slice(),
    };
  }

  /**
   * `_tokenize`: encoded behind the unknown token, whose pieces are dropped, so that no dummy
   * prefix is added.
   */
  private tokenizeOrdinary(text: string): string[] {
    const pieces = this.sentencePiece
      .encodePieces(this.unkToken + this.canonicalizeText(text))
      .map((piece) => piece.text);
    return pieces.length >= this.unkPieces ? pieces.slice(this.unkPieces) : pieces;
  }

  private freshId(token: string): number {
    if (this.sentencePiece.has(token)) return this.sentencePiece.pieceToId(token);
    return Math.max(this.vocabSize - 1, ...this.added.values()) + 1;
  }
}
