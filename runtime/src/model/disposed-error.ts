import { SigilError } from "@sigil/spec/shared";

/** A session, program or device was used after it was disposed. */
export class DisposedError extends SigilError {
  override readonly name = "DisposedError";
  readonly code = "disposed";

  /** `what` was disposed: a plan's name or a program's, for one. */
  constructor(what: string) {
    super(`${what} was disposed`);
  }
}
