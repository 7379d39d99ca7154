import { SigilError } from "@sigil/spec/shared";

/**
 * What a caller gave that the model cannot run: for which tensor, what was expected, what was
 * received.
 */
export class InputError extends SigilError {
  override readonly name = "InputError";
  readonly code = "input";
}
