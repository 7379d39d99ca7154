import { SigilError } from "@sigil/runtime";

export type WebGpuErrorCode =
  /** No WebGPU here, or no adapter that it offers. */
  | "no-adapter"
  /** There is an adapter, and it gives no device. */
  | "no-device"
  /** The adapter or the given device allows less than the model needs. */
  | "limit"
  /** The device was lost: by a driver, another tab, `device.destroy()`. */
  | "device-lost"
  | "out-of-memory"
  /** A kernel that the implementation refuses; a fault of Sigil or of the driver. */
  | "shader";

/** What keeps a model from running on WebGPU, with what to do about it in the message. */
export class WebGpuError extends SigilError {
  override readonly name = "WebGpuError";
  readonly code: WebGpuErrorCode;

  constructor(code: WebGpuErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
