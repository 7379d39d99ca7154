/**
 * What a caller gave that the model cannot run: for which tensor, what was expected, what was
 * received.
 */
export class InputError extends Error {
  override readonly name = "InputError";
}
