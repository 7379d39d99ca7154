/** Options of `encode`. */
export interface EncodeOptions {
  /** The second text of every row, or one for each text. */
  readonly textPair?: string | readonly string[];
  /**
   * `true` and `"longest"` pad to the longest row, `"max_length"` to `maxLength`. Default: no
   * padding.
   */
  readonly padding?: boolean | "longest" | "max_length" | "do_not_pad";
  /** Cuts rows to `maxLength`, keeping room for the special tokens. Default false. */
  readonly truncation?: boolean;
  /** Default: the tokenizer's `modelMaxLength`. */
  readonly maxLength?: number;
  /** Default true. */
  readonly addSpecialTokens?: boolean;
  /** Default: true if `model_input_names` of the tokenizer lists it. */
  readonly returnAttentionMask?: boolean;
}

/**
 * One row of ids for each text. `attentionMask` (1 = token, 0 = padding) is there only if asked
 * for.
 */
export interface Encoding {
  readonly inputIds: number[][];
  readonly attentionMask?: number[][];
}

export interface DecodeOptions {
  readonly skipSpecialTokens?: boolean;
}

/** A tokenizer, whichever file it was read from. */
export interface Tokenizer {
  readonly padTokenId: number;
  /** The length that the model was trained for, or Infinity if its files do not say. */
  readonly modelMaxLength: number;
  encode(texts: string | readonly string[], options?: EncodeOptions): Encoding;
  decode(ids: readonly number[], options?: DecodeOptions): string;
}
