import { SigilError } from "@sigil/runtime";

export type WebGpuErrorCode =
  /** There is no WebGPU, or it offers no adapter. */
  | "no-adapter"
  /** There is an adapter, but it gives no device. */
  | "no-device"
  /** The adapter or the given device allows less than the model needs. */
  | "limit"
  /** The device was lost: by a driver, another tab or `device.destroy()`. */
  | "device-lost"
  | "out-of-memory"
  /** The implementation refuses a kernel. That is a fault of Sigil or of the driver. */
  | "shader";

/** Thrown if a model cannot run on WebGPU. The message says what to do. */
export class WebGpuError extends SigilError {
  override readonly name = "WebGpuError";
  readonly code: WebGpuErrorCode;

  constructor(code: WebGpuErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
