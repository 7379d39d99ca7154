import { SigilError } from "@sigil/runtime";

export type NativeErrorCode =
  /** There is neither a built nor a prebuilt addon. */
  | "no-addon"
  /** The processor has none of the instruction sets, or SIGIL_NATIVE_ISA allows none of them. */
  | "no-instructions"
  | "out-of-memory"
  /** The program is not one that the compiler makes. That is a fault of Sigil. */
  | "descriptor"
  /** Any other failure of the addon. That is a fault of Sigil. */
  | "internal";

/** Thrown if a model cannot run natively. The message says what to do. */
export class NativeError extends SigilError {
  override readonly name = "NativeError";
  readonly code: NativeErrorCode;

  constructor(code: NativeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
