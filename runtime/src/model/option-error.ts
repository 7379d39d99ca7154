import { SigilError } from "@sigil/spec/shared";

/**
 * Thrown for an invalid option. The message names the option, what was expected and what was
 * received.
 */
export class OptionError extends SigilError {
  override readonly name = "OptionError";
  readonly code = "option";
}
