import { SigilError } from "@sigil/runtime";

export type EmulatorErrorCode =
  /** No g++ that knows C++17. */
  | "no-compiler"
  /**
   * A kernel that the compiler refuses, or kernels that do not link: a fault of whoever wrote them.
   */
  | "compile"
  /** The emulator itself does not compile here. */
  | "engine";

/**
 * What keeps kernels from being compiled for this machine's processor, with what to do about it in
 * the message.
 */
export class EmulatorError extends SigilError {
  override readonly name = "EmulatorError";
  readonly code: EmulatorErrorCode;
  /** The kernel's name, where one source is at fault. */
  readonly kernel: string | undefined;

  constructor(
    code: EmulatorErrorCode,
    message: string,
    options?: ErrorOptions & { readonly kernel?: string },
  ) {
    super(message, options);
    this.code = code;
    this.kernel = options?.kernel;
  }
}
