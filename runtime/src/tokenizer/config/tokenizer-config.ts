import type { AddedToken } from "./added-token.ts";

/** A token as `tokenizer_config.json` writes it. */
export type ConfigToken = string | (Partial<AddedToken> & Pick<AddedToken, "content">);

/** A side of a row or of a text. */
export type Side = "left" | "right";

/**
 * A parsed `tokenizer_config.json`. Keys with an effect are listed here, and are checked when a
 * tokenizer is made. `configKeys` says how each key that transformers reads is treated.
 */
export interface TokenizerConfig {
  readonly tokenizer_class?: string | null;
  readonly bos_token?: ConfigToken | null;
  readonly eos_token?: ConfigToken | null;
  readonly unk_token?: ConfigToken | null;
  readonly sep_token?: ConfigToken | null;
  readonly pad_token?: ConfigToken | null;
  readonly cls_token?: ConfigToken | null;
  readonly mask_token?: ConfigToken | null;
  readonly extra_special_tokens?:
    | readonly ConfigToken[]
    | Readonly<Record<string, ConfigToken>>
    | null;
  readonly additional_special_tokens?: readonly ConfigToken[] | null;
  readonly added_tokens_decoder?: Readonly<Record<string, ConfigToken>>;
  readonly do_lower_case?: boolean | null;
  readonly model_max_length?: number | null;
  readonly model_input_names?: readonly string[];
  readonly padding_side?: Side;
  readonly truncation_side?: Side;
  readonly clean_up_tokenization_spaces?: boolean | null;
  readonly split_special_tokens?: boolean | null;
  readonly legacy?: boolean | null;
  readonly [key: string]: unknown;
}
