import { SigilError } from "@sigil/spec/shared";

/**
 * Thrown for a tokenizer file that cannot be used, and for requests that a tokenizer cannot answer.
 * `offset` is the byte of the file that the message is about, if there is one. `issues` has every
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
