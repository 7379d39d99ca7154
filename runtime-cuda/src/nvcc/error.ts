import { SigilError } from "@sigil/runtime";

export type KernelBuildErrorCode =
  /** No nvcc, or one too old. */
  | "no-nvcc"
  /** A kernel that the compiler refuses: a fault of Sigil or of the toolkit. */
  | "compile";

/** What keeps kernels from being compiled for a card, with what to do about it in the message. */
export class KernelBuildError extends SigilError {
  override readonly name = "KernelBuildError";
  readonly code: KernelBuildErrorCode;

  constructor(code: KernelBuildErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
