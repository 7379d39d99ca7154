import { SigilError } from "@sigil/runtime";

export type NativeErrorCode =
  /** The addon is neither built nor among the prebuilt ones. */
  | "no-addon"
  /** The processor has none of the instruction sets, or SIGIL_NATIVE_ISA leaves none. */
  | "no-instructions"
  | "out-of-memory"
  /** A program that is not as the compiler makes it: a fault of Sigil. */
  | "descriptor"
  /** Any other failure of the addon: a fault of Sigil. */
  | "internal";

/** What keeps a model from running natively, with what to do about it in the message. */
export class NativeError extends SigilError {
  override readonly name = "NativeError";
  readonly code: NativeErrorCode;

  constructor(code: NativeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
