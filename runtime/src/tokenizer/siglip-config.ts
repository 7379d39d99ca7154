/** A token as `tokenizer_config.json` writes it. */
export type ConfigToken = string | { readonly content: string; readonly special?: boolean };

/** The keys of `tokenizer_config.json` a tokenizer reads; others are ignored. */
export interface TokenizerConfig {
  readonly eos_token?: ConfigToken | null;
  readonly unk_token?: ConfigToken | null;
  readonly pad_token?: ConfigToken | null;
  readonly additional_special_tokens?: readonly ConfigToken[] | null;
  readonly added_tokens_decoder?: Readonly<Record<string, ConfigToken>>;
  readonly do_lower_case?: boolean;
  readonly model_max_length?: number;
  readonly model_input_names?: readonly string[];
  readonly clean_up_tokenization_spaces?: boolean;
  readonly split_special_tokens?: boolean;
  readonly [key: string]: unknown;
}

/** The text of a token given either way, or the default. */
export function tokenText(token: ConfigToken | null | undefined, otherwise: string): string {
  return typeof token === "string" ? token : (token?.content ?? otherwise);
}

/** `clean_up_tokenization` of transformers: joins what English punctuation was split from. */
export function cleanUpTokenization(text: string): string {
  const joined: readonly (readonly [string, string])[] = [
    [" .", "."],
    [" ?", "?"],
    [" !", "!"],
    [" ,", ","],
    [" ' ", "'"],
    [" n't", "n't"],
    [" 'm", "'m"],
    [" 's", "'s"],
    [" 've", "'ve"],
    [" 're", "'re"],
  ];
  return joined.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}

/** Cuts a text at every occurrence of the tokens, leftmost first and of several the longest. */
export function splitOnTokens(text: string, tokens: Iterable<string>): string[] {
  const escaped = [...tokens]
    .filter((token) => token !== "")
    .sort((a, b) => b.length - a.length)
    .map((token) => token.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return escaped.length === 0 ? [text] : text.split(new RegExp(`(${escaped.join("|")})`));
}

/** `model_max_length`; transformers writes 1e30 for "not known", which is Infinity here. */
export function maxLengthOf(config: TokenizerConfig, otherwise: number): number {
  const length = config.model_max_length ?? otherwise;
  return Number.isSafeInteger(length) ? length : Infinity;
}
