import { SigilError } from "@sigil/spec/shared";

/** Thrown when a session, program or device is used after it was disposed. */
export class DisposedError extends SigilError {
  override readonly name = "DisposedError";
  readonly code = "disposed";

  /** `what` is what was disposed, such as the name of a plan or a program. */
  constructor(what: string) {
    super(`${what} was disposed`);
  }
}
