import { SigilError } from "@sigil/spec/shared";

/** An option that cannot be: which one, what was expected, what was received. */
export class OptionError extends SigilError {
  override readonly name = "OptionError";
  readonly code = "option";
}
