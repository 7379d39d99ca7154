/**
 * What Sigil throws on purpose, in every package: `name` is the class, `code` says within it what
 * went wrong and stays when messages change. docs/errors.md lists them.
 */
export abstract class SigilError extends Error {
  abstract readonly code: string;
}
