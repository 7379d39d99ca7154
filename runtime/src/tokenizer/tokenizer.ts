/** How `encode` shapes its rows. */
export interface EncodeOptions {
  /** Second text of each row, or the same number of them as there are texts. */
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
  /** Default: whether the tokenizer's `model_input_names` lists it. */
  readonly returnAttentionMask?: boolean;
}

/** One row of ids for each text; `attentionMask` (1 = token, 0 = padding) only when asked for. */
export interface Encoding {
  readonly inputIds: number[][];
  readonly attentionMask?: number[][];
}

export interface DecodeOptions {
  readonly skipSpecialTokens?: boolean;
}

/** What the pipelines need of a tokenizer, whichever file it was read from. */
export interface Tokenizer {
  readonly padTokenId: number;
  /** The length the model was trained for; Infinity when its files do not say. */
  readonly modelMaxLength: number;
  encode(texts: string | readonly string[], options?: EncodeOptions): Encoding;
  decode(ids: readonly number[], options?: DecodeOptions): string;
}
