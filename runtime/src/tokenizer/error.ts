/**
 * A tokenizer file that cannot be used, or a tokenizer asked for what it does not hold.
 * `offset` is the byte of the file the message is about, when there is one.
 */
export class TokenizerError extends Error {
  readonly offset: number | undefined;

  constructor(message: string, offset?: number, options?: ErrorOptions) {
    super(offset === undefined ? message : `${message} (at byte ${offset})`, options);
    this.name = "TokenizerError";
    this.offset = offset;
  }
}
