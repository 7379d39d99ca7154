import { SigilError } from "@sigil/spec/shared";

/**
 * A tokenizer file that cannot be used, or a tokenizer asked for what it does not hold.
 * `offset` is the byte of the file the message is about, when there is one.
 */
export class TokenizerError extends SigilError {
  override readonly name = "TokenizerError";
  readonly code = "tokenizer";
  readonly offset: number | undefined;

  constructor(message: string, offset?: number, options?: ErrorOptions) {
    super(offset === undefined ? message : `${message} (at byte ${offset})`, options);
    this.offset = offset;
  }
}
