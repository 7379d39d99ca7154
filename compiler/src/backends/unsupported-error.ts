import { SigilError } from "@sigil/spec";

/** A model that one target cannot compute, whatever the kernel; others may. */
export class UnsupportedError extends SigilError {
  override readonly name = "UnsupportedError";
  readonly code = "unsupported";
}
