import { SigilError } from "@sigil/spec";

/** Thrown for a model that a target cannot compute. Other targets may. */
export class UnsupportedError extends SigilError {
  override readonly name = "UnsupportedError";
  readonly code = "unsupported";
}
