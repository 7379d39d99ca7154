import { SigilError } from "@sigil/spec/shared";

/**
 * Thrown for input that the model cannot run. The message names the tensor, what was expected and
 * what was received.
 */
export class InputError extends SigilError {
  override readonly name = "InputError";
  readonly code = "input";
}
