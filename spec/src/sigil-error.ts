/**
 * The base class of the errors that Sigil throws on purpose, in every package. `name` is the class.
 * `code` says what went wrong, and stays the same when messages change. docs/errors.md lists them.
 */
export abstract class SigilError extends Error {
  abstract readonly code: string;
}
