import { SigilError } from "@sigil/spec/shared";

/**
 * A tokenizer file that cannot be used, or a tokenizer asked for what it does not hold.
 * `offset` is the byte of the file the message is about, when there is one; `issues` has every
 * problem of a configuration.
 */
export class TokenizerError extends SigilError {
  override readonly name = "TokenizerError";
  readonly code = "tokenizer";
  readonly offset: number | undefined;
  readonly issues: readonly string[];

  constructor(
    message: string,
    offset?: number,
    options?: ErrorOptions & { readonly issues?: readonly string[] },
  ) {
    super(offset === undefined ? message : `${message} (at byte ${offset})`, options);
    this.offset = offset;
    this.issues = options?.issues ?? [];
  }
}
